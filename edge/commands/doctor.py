"""`posture-station doctor`: checks what measuring needs and says what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict

from rich.markup import escape
from rich.table import Table

from edge.cli.output import Output
from edge.commands import check_intervals, checks, checks_live, checks_trust
from edge.commands.checks import Check, State
from edge.errors import PostureError
from edge.settings import Settings

CHECKS: dict[str, Callable[[Settings], Check]] = {
    "software": checks.software,
    "machine": checks_live.machine,
    "services": checks_live.services,
    "engine": checks_live.engine,
    "camera": checks_live.camera,
    "kernels": checks.kernels,
    "models": checks.models,
    "intervals": check_intervals.intervals,
    "accelerator": checks.accelerator,
    "broker": checks.broker,
    "certificates": checks_trust.certificates,
    "keys": checks_trust.keys,
    "clock": checks.clock,
    "disk": checks.disk,
    "outbox": checks.outbox,
}


def examine(settings: Settings) -> Iterator[Check]:
    """All checks in order; a fault of one never hides the others."""
    for name, check in CHECKS.items():
        try:
            yield check(settings)
        except PostureError as error:
            yield Check(name, State.FAIL, error.problem, error.remedy)
        except OSError as error:
            yield Check(name, State.FAIL, str(error), "On a station call doctor with sudo.")


def run(settings: Settings, out: Output) -> int:
    """Print a table, or JSON for machines. Returns 1 when anything failed."""
    colour = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}
    table = Table("part", "state", "found", "what to do")
    failed = False
    for check in examine(settings):
        failed |= check.state is State.FAIL
        out.entry(asdict(check))
        shown = f"[{colour[check.state]}]{check.state}[/]"
        table.add_row(check.name, shown, escape(check.found), escape(check.remedy))
    out.table(table)
    return 1 if failed else 0
