"""`posture-models inspect`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from rich.table import Table
from rich.text import Text


def run(options: Namespace, out: Output) -> int:
    from posture_tools.models.inspect import inspect, rows

    inspection = inspect(options.file)
    out.answer(inspection)
    table = Table("", "", show_header=False, box=None)
    for name, text in rows(inspection):
        table.add_row(name, Text(text))  # as Text: brackets in prose are no markup
    out.table(table)
    return 1 if inspection.faults else 0


VERB = Verb(
    "inspect",
    "Show what a model file says of itself and what its graph says. The exit status is 1 where "
    "they disagree.",
    example="posture-models inspect described.onnx",
    run=run,
    waits="reading the model",
    arguments=(argument("file", type=Path, metavar="FILE", help="A model file."),),
    json="object",
    inputs="file",
)
