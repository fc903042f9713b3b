"""The last line of a run of tests: what was not tried, and the one command that brings it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from parts import PARTS

COMMAND = "make parts"
_PHOTOGRAPHS = "third-party photographs and models"


def part_of(reason: str) -> str:
    """What a reason for a skip says is missing: a part by its name, or the reason itself."""
    if _PHOTOGRAPHS in reason:
        return f"{_PHOTOGRAPHS} (POSTURE_SHARED names their folder; they cannot be installed)"
    for part in PARTS:
        if re.search(rf"(?<![\w@/-]){re.escape(part.name)}(?![\w/-])", reason):
            return part.name
    return reason.removeprefix("Skipped: ")


def last_line(reasons: Iterable[str], *, quick: bool = False) -> str:
    """Empty where everything was tried.

    reasons : of every skip. quick : the run was asked for a part of the tests only.
    """
    wanting = Counter(part_of(reason) for reason in reasons)
    told = []
    brought = [part.name for part in PARTS if part.name in wanting]
    if brought:
        count = sum(wanting[name] for name in brought)
        told.append(f"{count} for want of {', '.join(brought)}: `{COMMAND}` brings it")
    told += [f"{n}: {reason}" for reason, n in wanting.items() if reason not in brought]
    if quick:
        told.append("the tests that take longer or need more: `make test` tries them")
    return f"NOT TRIED: {'; '.join(told)}." if told else ""
