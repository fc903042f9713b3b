"""The commands that the repository's pages show, as somebody copies them into a terminal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from conftest import ROOT
from posture_tools.docs.sources import pages

_PROGRAM = re.compile(
    r"(?:sudo )?(?:\S*/)?(?:posture-(?:station|collector|models)|python3? -m posture_tools\S*|"
    r"python3? tests/\S+|make|pip|createdb|curl|pytest|git apply|install|uninstall|apt-get|"
    r"mosquitto)(?= |$)"
)


@dataclass(frozen=True)
class Command:
    """line : with its comment, and with what stood on further lines behind it.

    fenced : in a block that `tests/fresh/guide.py` types.
    """

    page: str
    line: str
    fenced: bool

    @property
    def words(self) -> list[str]:
        return shlex.split(self.line, comments=True)


def commands() -> list[Command]:
    """Of all pages, in the order of each."""
    return [
        command
        for page in sorted(pages(ROOT))
        for command in _of_a_page(str(page), (ROOT / page).read_text(encoding="utf-8"))
    ]


def _of_a_page(page: str, text: str) -> Iterator[Command]:
    fenced, goes_on = False, ""
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            whole = f"{goes_on} {line.strip()}".strip()
            goes_on = whole[:-1].strip() if whole.endswith("\\") else ""
            if not goes_on and _PROGRAM.match(whole):
                yield Command(page, whole, fenced)
