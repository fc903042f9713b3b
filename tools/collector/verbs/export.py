"""`posture-collector export`."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.collector_options import STORE, existing_store
from posture_tools.collector.report import write_csv


def run(options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        if options.csv == "-":
            write_csv(store, sys.stdout)
            return 0
        with Path(options.csv).open("w", newline="", encoding="utf-8") as file:
            count = write_csv(store, file)
    out.line(f"{count} measures in {options.csv}")
    return 0


VERB = Verb(
    "export",
    "Write all measures as CSV, one row each. A refused one has no value, but its reasons.",
    example="posture-collector export --csv measures.csv --store collector.db\n"
    "posture-collector export --csv - | head",
    run=run,
    arguments=(
        argument(
            "--csv", required=True, metavar="FILE", help="Write here; - is the standard output."
        ),
        STORE,
    ),
)
