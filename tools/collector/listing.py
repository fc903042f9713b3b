"""`posture-collector list`: one result after the other, however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TextIO

from posture_tools.collector.report import Stored, as_json

from edge.errors import MessageRefused
from edge.records import Quality

_WIDTHS = (24, 16, 18, 7, 24, 8, 8, 8, 7, 7)
_HEAD = (
    "screened (UTC)", "site", "station", "seq", "session", "kind", "view", "measured", "refused",
    "origin",
)  # fmt: skip


def write_json(stored: Iterable[Stored], out: TextIO) -> None:
    """A JSON array, an element a line."""
    before = "[\n"
    for each in stored:
        out.write(before + json.dumps(as_json(each)))
        before = ",\n"
    out.write("[]\n" if before == "[\n" else "\n]\n")


def write_lines(stored: Iterable[Stored], out: TextIO) -> None:
    """Columns for people. A column grows where a name needs it; nothing is cut."""
    out.write(_line(_HEAD))
    for cells in _rows(stored):
        out.write(_line(cells))


def _rows(stored: Iterable[Stored]) -> Iterator[tuple[str, ...]]:
    for each in stored:
        try:
            result = each.result
        except MessageRefused as problem:  # an older collector took what this one would not
            yield each.screened_at, f"unreadable: {ascii(problem.problem)[1:-1][:100]}"
            continue
        refused = sum(m.quality is Quality.REFUSED for m in result.measures)
        yield (
            each.screened_at, result.site, result.station, str(result.seq), result.session,
            result.kind, result.view, str(len(result.measures) - refused), str(refused),
            result.origin,
        )  # fmt: skip


def _line(cells: Iterable[str]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=False))
    return " ".join(padded).rstrip() + "\n"
