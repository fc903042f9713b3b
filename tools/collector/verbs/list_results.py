"""`posture-collector list`: one result after the other, however many there are."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable

from posture_tools.cli import Output, Verb
from posture_tools.collector.chosen import CHOICE, chosen_by
from posture_tools.collector.collector_options import STORE, existing_store
from posture_tools.collector.report import Stored, as_json, results

from edge.errors import MessageRefused
from edge.records import Quality

# A table that fits itself to its rows would hold all of them.
_WIDTHS = (24, 16, 18, 7, 24, 8, 8, 8, 7, 7)
_HEAD = (
    "screened (UTC)", "site", "station", "seq", "session", "kind", "view", "measured", "refused",
    "origin",
)  # fmt: skip


def run(options: Namespace, out: Output) -> int:
    chosen = chosen_by(options)
    out.line(_line(_HEAD))
    with existing_store(options.store) as store:
        for stored in results(store, chosen):
            if out.as_json:
                out.entry(as_json(stored))
            else:
                out.line(_line(_cells(stored)))
    return 0


def _cells(stored: Stored) -> tuple[str, ...]:
    try:
        result = stored.result
    except MessageRefused as problem:  # an older collector took what this one would not
        return stored.screened_at, f"unreadable: {ascii(problem.problem)[1:-1][:100]}"
    refused = sum(m.quality is Quality.REFUSED for m in result.measures)
    return (
        stored.screened_at, result.site, result.station, str(result.seq), result.session,
        result.kind, result.view, str(len(result.measures) - refused), str(refused),
        result.origin,
    )  # fmt: skip


def _line(cells: Iterable[str]) -> str:
    """A column grows where a name needs it; nothing is cut."""
    padded = (cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=False))
    return " ".join(padded).rstrip()


VERB = Verb(
    "list",
    "List the stored results, by station, in the order in which they were screened. With --json "
    "each is whole.",
    example="posture-collector list --store collector.db --since 2026-05-01 --station hall-1\n"
    "posture-collector list --limit 50 --skip 100",
    run=run,
    waits="reading the store",
    arguments=(STORE, *CHOICE),
    json="array",
    inputs="store",
)
