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


@dataclass(frozen=True)
class Block:
    """A block in which no command stands. kind : what stands behind its fence; empty without."""

    page: str
    kind: str
    lines: tuple[str, ...]


def other_blocks() -> list[Block]:
    """Of all pages: settings, messages, drawings."""
    return [
        Block(str(page), kind, lines)
        for page in sorted(pages(ROOT))
        for kind, lines in _blocks((ROOT / page).read_text(encoding="utf-8"))
        if not any(_PROGRAM.match(line) for line in lines) and kind.split()[:1] != ["bash"]
    ]


def _blocks(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    fence, lines, before = "", [], ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("```"):
            if fence:
                yield fence[3:], tuple(lines)
            fence, lines = ("", []) if fence else (f"{line} ", [])
        elif fence or (line.startswith("    ") and (lines or not before.strip())):
            lines.append(line.strip())
        elif line.strip() and lines:
            yield "", tuple(each for each in lines if each)
            lines = []
        before = line
    if lines:
        yield "", tuple(lines)


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
