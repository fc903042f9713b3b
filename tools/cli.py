"""The command line of the tools' programs, built as the station's is: see `edge.cli`."""

from edge.cli.output import Output
from edge.cli.program import Program, UsageInvalid, told_plainly
from edge.cli.progress import tracked
from edge.cli.table import show
from edge.cli.verb import OVERWRITE, Argument, Verb, argument

__all__ = [
    "OVERWRITE",
    "Argument",
    "Output",
    "Program",
    "UsageInvalid",
    "Verb",
    "argument",
    "show",
    "told_plainly",
    "tracked",
]
