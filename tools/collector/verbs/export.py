"""`posture-collector export`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import OVERWRITE, Output, Verb, argument
from posture_tools.collector.chosen import CHOICE, chosen_by
from posture_tools.collector.collector_options import STORE, existing_store, files_of
from posture_tools.collector.report import write_csv

from edge.desk.outputs import Outputs
from edge.output import STDOUT, text_output


def run(options: Namespace, out: Output) -> int:
    chosen = chosen_by(options)
    target = Outputs(files_of(options.store), overwrite=options.overwrite).claim(options.csv)
    if target == STDOUT:
        out.give_way()
    with existing_store(options.store) as store, text_output(target) as file:
        count = write_csv(store, file, chosen)
    if target != STDOUT:
        out.line(f"{count} measures in {target}")
    return 0


VERB = Verb(
    "export",
    "Write all measures as CSV, one row each. A refused one has no value, but its reasons.",
    example="posture-collector export --csv measures.csv --store collector.db\n"
    "posture-collector export --csv - | head",
    run=run,
    waits="reading the store",
    arguments=(
        argument(
            "--csv",
            type=Path,
            required=True,
            metavar="FILE",
            help="Write here; - is the standard output.",
        ),
        OVERWRITE,
        STORE,
        *CHOICE,
    ),
)
