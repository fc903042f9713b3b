"""`posture-models check`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from rich.table import Table


def run(options: Namespace, out: Output) -> int:
    from posture_tools.models.check import check

    table = Table("model", "version", "MB", "load ms", "p50 ms", "p95 ms", "golden vectors")
    for path in options.files:
        with out.reading(path):
            one = check(path, threads=options.threads)
            out.entry(one)
            size = f"{one.bytes / 1e6:.1f}"
            times = (f"{one.load_ms:.0f}", f"{one.p50_ms:.1f}", f"{one.p95_ms:.1f}")
            table.add_row(one.name, one.version, size, *times, "hold")
    if table.row_count:
        out.table(table)
    return 0


VERB = Verb(
    "check",
    "Check that a file still answers as it was described, and measure how fast it is here. The "
    "exit status is 1 where one must not serve.",
    example="posture-models check described.onnx --threads 2",
    run=run,
    waits="running the models",
    arguments=(
        argument("files", type=Path, nargs="+", metavar="FILE", help="A model file, or several."),
        argument("--threads", type=int, default=1, help="Compute with so many threads."),
    ),
    json="array",
    inputs="files",
)
