"""`posture-collector rollout`."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.collector_options import STORE, existing_store
from posture_tools.collector.rollout import (
    Progress,
    advise,
    model_events,
    models_told,
    progress_of,
    stations,
)
from rich.table import Table


def run(options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        progress = progress_of(stations(store), model_events(store), options.sha256, options.ring)
    advice = advise(progress, options.ring)
    out.answer({"stations": progress, "advice": advice})
    table = Table("station", "desired", "progress", "reason", "since (UTC)", "actual")
    for each in progress:
        desired = "" if each.progress is Progress.OUTSIDE else options.sha256[:12]
        since = f"{each.since:%Y-%m-%d %H:%M}" if each.since else ""
        said = (each.station, desired, each.progress, each.reason, since)
        table.add_row(*said, models_told(each.actual))
    out.table(table)
    then = "" if advice.ring is None else f"; publish --ring {advice.ring}"
    out.line(f"{'STOP: ' if advice.stopped else ''}{advice.why}{then}")
    return 1 if advice.stopped else 0


VERB = Verb(
    "rollout",
    "Show a model's way through the fleet, and when to stop. The exit status is 1 when too many "
    "stations have failed: publish the ring that is advised.",
    example="posture-collector rollout "
    "3f786850e387550fdab836ed7e6dc881de23001b8bd8bbb6ad1b1d3c4e5f6a7b --ring 10",
    run=run,
    waits="reading the store",
    arguments=(
        argument("sha256", metavar="SHA256", help="The sha256 of the offered file."),
        argument(
            "--ring",
            type=int,
            required=True,
            metavar="PERCENT",
            help="The ring as published: how many per cent of the stations may take it.",
        ),
        STORE,
    ),
    json="object",
    inputs="store",
)
