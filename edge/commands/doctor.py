"""`posture-station doctor`: checks what measuring needs and says what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edge.commands import checks, checks_live
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
    "accelerator": checks.accelerator,
    "broker": checks.broker,
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
        except Exception as error:  # noqa: BLE001 - of any kind: the other checks say why, perhaps
            told = f"the check itself failed: {type(error).__name__}: {error}"
            yield Check(name, State.FAIL, told, "The other checks may say why; else report this.")


def run(settings: Settings, *, as_json: bool) -> int:
    """Print a table, or JSON for machines. Returns 1 when anything failed."""
    found = list(examine(settings))
    if as_json:
        json.dump([asdict(check) for check in found], sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        colour = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}
        table = Table("part", "state", "found", "what to do")
        for check in found:
            shown = f"[{colour[check.state]}]{check.state}[/]"
            table.add_row(check.name, shown, escape(check.found), escape(check.remedy))
        Console().print(table)
    return 1 if any(check.state is State.FAIL for check in found) else 0
