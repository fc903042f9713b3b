"""`posture-collector list`."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb
from posture_tools.collector.collector_options import STORE, existing_store
from posture_tools.collector.report import as_json, results
from rich.table import Table

from edge.records import Quality


def run(options: Namespace, out: Output) -> int:
    table = Table(
        *("screened (UTC)", "station", "seq", "session", "kind", "view"),
        *("measured", "refused", "origin"),
    )
    with existing_store(options.store) as store:
        for stored in results(store):
            if out.as_json:
                out.entry(as_json(stored))
                continue
            result = stored.result
            refused = sum(m.quality is Quality.REFUSED for m in result.measures)
            counts = (str(len(result.measures) - refused), str(refused))
            of = (result.station, str(result.seq), result.session, result.kind, result.view)
            table.add_row(stored.screened_at, *of, *counts, result.origin)
    out.table(table)
    return 0


VERB = Verb(
    "list",
    "List the stored results, by station, as they were accepted. With --json each is whole.",
    example="posture-collector list --store collector.db",
    run=run,
    arguments=(STORE,),
    json="array",
    inputs="store",
)
