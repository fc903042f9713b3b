"""`posture-collector report`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import OVERWRITE, Output, Verb, argument
from posture_tools.collector.collector_options import STORE, existing_store, files_of
from posture_tools.collector.stored_visit import stored_visit

from edge.desk.outputs import Outputs
from edge.norms import shipped_norms
from edge.output import write_output
from edge.report.page import page, picture
from edge.report.words import words


def run(options: Namespace, out: Output) -> int:
    texts = words(options.lang)
    target = Outputs(files_of(options.store), overwrite=options.overwrite).claim(options.out)
    with existing_store(options.store) as store:
        screening = stored_visit(store, options.result_id, options.before)
    if options.out.suffix == ".svg":
        text = picture(screening, texts)
    else:
        text = page(screening, shipped_norms(), texts)
    write_output(target, text.encode())
    out.line(str(options.out))
    return 0


VERB = Verb(
    "report",
    "Write one visit as a page that prints on one sheet.",
    example="posture-collector report hall-1:65a0c1f2e3d4b5a697887766:4 -o visit.html --lang ko",
    run=run,
    waits="writing",
    arguments=(
        argument(
            "result_id",
            metavar="RESULT_ID",
            help="STATION:EPOCH:SEQ of any result of the visit, as `list --json` has it in `id`.",
        ),
        argument(
            "-o",
            "--out",
            type=Path,
            required=True,
            metavar="FILE",
            help="Write here: a page as .html, or the figures alone as .svg.",
        ),
        argument(
            "--lang", default="en", metavar="LANG", help="Write in this language: en, zh, ko or ja."
        ),
        argument(
            "--before",
            action="append",
            default=[],
            metavar="RESULT_ID",
            help="An earlier visit of the same person, for the trend; may be given several times.",
        ),
        OVERWRITE,
        STORE,
    ),
)
