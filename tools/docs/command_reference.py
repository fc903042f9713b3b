"""Every command of every program, from the words of its own `--help`."""

from __future__ import annotations

from collections.abc import Iterator

from posture_tools.collector.__main__ import PROGRAM as COLLECTOR
from posture_tools.evaluate.__main__ import PROGRAM as EVALUATE
from posture_tools.load.__main__ import PROGRAM as LOAD
from posture_tools.models.__main__ import PROGRAM as MODELS

from edge.__main__ import PROGRAM as STATION
from edge.cli.exits import MEANINGS
from edge.cli.program import Program
from edge.cli.verb import Argument, Verb

PROGRAMS = (STATION, COLLECTOR, MODELS, EVALUATE, LOAD)


def verbs(program: Program) -> Iterator[tuple[str, Verb]]:
    """Each command as it is typed, steps behind their command."""

    def of(before: str, found: tuple[Verb, ...]) -> Iterator[tuple[str, Verb]]:
        for verb in found:
            typed = f"{before} {verb.name}"
            yield typed, verb
            yield from of(typed, verb.steps)

    return of(program.name, program.verbs)


def typed(argument: Argument) -> str:
    """An argument as it is typed: names and what stands behind them."""
    metavar = argument.settings.get("metavar")
    choices = argument.settings.get("choices")
    if metavar is None and choices is not None:
        metavar = "{" + ",".join(map(str, choices)) + "}"
    if not argument.is_option:
        return metavar or argument.names[0]
    takes = argument.settings.get("action") in (None, "append")
    value = metavar or argument.names[-1].lstrip("-").upper().replace("-", "_") if takes else ""
    return ", ".join(argument.names) + (f" {value}" if value else "")


def _arguments(arguments: tuple[Argument, ...]) -> list[str]:
    if not arguments:
        return []
    lines = ["", "| argument | what it does |", "|---|---|"]
    for each in arguments:
        cells = (
            f"`{typed(each)}`",
            " ".join(str(each.settings["help"]).replace("%%", "%").split()),
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return lines


def page() -> str:
    """The reference as Markdown."""
    lines = [
        "# Commands",
        "",
        "Made from the programs' own words by `make docs`. `COMMAND --help` shows the same.",
    ]
    for program in PROGRAMS:
        lines += ["", f"## {program.name}", "", program.says, *_arguments(program.options)]
        for words, verb in verbs(program):
            lines += ["", f"### {words}", "", verb.says, "", "```bash", verb.example, "```"]
            lines += _arguments(verb.arguments)
            if verb.json:
                lines += ["", f"`--json` prints one {verb.json}."]
    lines += ["", "## Exit statuses", "", "| status | meaning |", "|---|---|"]
    lines += [f"| {status:d} | {meaning} |" for status, meaning in MEANINGS.items()]
    return "\n".join(lines) + "\n"
