"""`posture-collector fleet`."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb
from posture_tools.collector.collector_options import STORE, existing_store
from posture_tools.collector.report import StationLine, fleet
from posture_tools.collector.rollout import models_told
from rich.table import Table


def run(options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        lines = fleet(store)
    table = Table(
        *("site", "station", "heard", "last message (UTC)", "results", "waiting", "missing"),
        *("lost", "breaks", "rejected", "conflicts", "models", "desired", "problem"),
    )
    for line in lines:
        out.entry(line)
        heard = "now" if line.silent_s is None else f"silent for {line.silent_s / 60:.0f} min"
        waiting = "?" if line.waiting is None else str(line.waiting)
        counts = (line.missing, line.lost, line.broken, line.rejected, line.conflicts)
        said = (line.site, line.station, heard, line.seen_at, _results(line), waiting)
        of = (models_told(line.models), line.desired, line.problem)
        table.add_row(*said, *map(str, counts), *of)
    out.table(table)
    return 0


def _results(line: StationLine) -> str:
    """How many, and how many of them did not come from a camera."""
    others = [f"{n} {origin}" for origin, n in line.origins.items() if origin != "camera"]
    return f"{line.results} ({', '.join(others)})" if others else str(line.results)


VERB = Verb(
    "fleet",
    "Say which station is silent and since when, and what is missing of each.",
    example="posture-collector fleet --store collector.db",
    run=run,
    waits="reading the store",
    arguments=(STORE,),
    json="array",
    inputs="store",
)
