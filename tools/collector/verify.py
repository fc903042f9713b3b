"""`posture-collector verify`: whether what the stations gave is all here, and as they gave it."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from posture_tools.collector.intake import Key
from posture_tools.collector.store import Store

from edge.errors import MessageRefused, StoreUnusable
from edge.wire.codec import decode
from edge.wire.presence import State
from edge.wire.ranges import Ranges
from edge.wire.seal import digest

log = logging.getLogger(__name__)

What = Literal["changed", "broken", "lost", "given up", "under way"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a person should know about a range of numbers.

    changed : the body in the store is not the one that was received. broken : the message does not
    name the hash of the one before. lost : its station has delivered it, and it is not in the
    store, as after a backup was restored, or not in the file of its month. given up : its station
    dropped it or found it damaged. under way : its station still has it. Which of the last it is,
    the station's unsigned state says.
    """

    site: str
    station: str
    epoch: str
    first: int
    last: int
    what: What


def findings(store: Store) -> Iterator[Finding]:
    """Reads every body once; constant memory."""
    yield from _changed(store)
    for site, station, epoch, seq in store.each(
        "SELECT site, station, epoch, seq FROM ingest_key WHERE link = 'broken'"
        " ORDER BY site, station, epoch, seq"
    ):
        yield Finding(site, station, epoch, seq, seq, "broken")
    for site, station, body in store.rows("SELECT site, station, state FROM station"):
        yield from _absent(store, site, station, body)


def _changed(store: Store) -> Iterator[Finding]:
    for table in ("result", "event"):
        for site, station, epoch, seq, body, body_sha256 in store.each(
            f"SELECT site, station, epoch, seq, body, body_sha256 FROM {table}"  # noqa: S608
            " JOIN ingest_key USING (site, station, epoch, seq) WHERE fate <> 'erased'"
            " AND LENGTH(body) > 0"
        ):
            if digest(body) != body_sha256:
                yield Finding(site, station, epoch, seq, seq, "changed")
    for site, station, epoch, seq, utc_ns, body_sha256 in store.each(
        "SELECT site, station, epoch, seq, utc_ns, body_sha256 FROM result"
        " JOIN ingest_key USING (site, station, epoch, seq) WHERE LENGTH(body) = 0"
        " ORDER BY site, station, utc_ns, epoch, seq"
    ):  # as they lie in the files
        try:
            body, _ = store.archived(Key(site, station, epoch, seq), utc_ns)
        except StoreUnusable as problem:
            log.warning("%s", problem)
            yield Finding(site, station, epoch, seq, seq, "lost")
            continue
        if digest(body) != body_sha256:
            yield Finding(site, station, epoch, seq, seq, "changed")


def _absent(store: Store, site: str, station: str, state_body: bytes) -> Iterator[Finding]:
    try:
        state = decode(state_body, State)
    except MessageRefused:
        state = None
    epochs = store.rows(
        "SELECT epoch, MAX(last) FROM ("
        " SELECT epoch, MAX(seq) AS last FROM ingest_key WHERE site = ?1 AND station = ?2"
        "  GROUP BY epoch UNION ALL"
        " SELECT epoch, last FROM epoch_end WHERE site = ?1 AND station = ?2) AS known"
        " GROUP BY epoch",
        (site, station),
    )
    for epoch, last in epochs:
        here = state is not None and state.epoch == epoch
        # What its station still has begins at first_seq; 0 says that it has nothing.
        waits_from = (state.first_seq or last + 1) if state is not None and here else last + 1
        gaps: Ranges = tuple(
            store.rows(
                "SELECT first, last FROM gap WHERE site = ? AND station = ? AND epoch = ?",
                (site, station, epoch),
            )
        )
        for first, end in _holes(store, (site, station, epoch), last):
            for a, b in _cut(first, end, gaps, waits_from):
                if any(x <= a <= y for x, y in gaps):
                    yield Finding(site, station, epoch, a, b, "given up")
                else:
                    what: What = "under way" if a >= waits_from else "lost"
                    yield Finding(site, station, epoch, a, b, what)


def _cut(first: int, last: int, gaps: Ranges, waits_from: int) -> Iterator[tuple[int, int]]:
    """The parts of a hole in the numbers, cut where its meaning may change."""
    edges = {waits_from, *(x for x, _ in gaps), *(y + 1 for _, y in gaps)}
    starts = sorted({first, *(edge for edge in edges if first < edge <= last)})
    yield from zip(starts, [*(start - 1 for start in starts[1:]), last], strict=True)


def _holes(store: Store, epoch: tuple[str, str, str], last: int) -> Iterator[tuple[int, int]]:
    """Stretches of 1..last of which the store knows nothing."""
    expected = 1
    for (seq,) in store.each(
        "SELECT seq FROM ingest_key WHERE site = ? AND station = ? AND epoch = ? ORDER BY seq",
        epoch,
    ):
        if seq > expected:
            yield expected, seq - 1
        expected = seq + 1
    if expected <= last:
        yield expected, last


def joined(found: Iterator[Finding]) -> Iterator[Finding]:
    """Neighbouring numbers of one kind as one finding."""
    held: Finding | None = None
    for each in found:
        if held is not None and each == dataclasses.replace(
            held, first=held.last + 1, last=each.last
        ):
            held = dataclasses.replace(held, last=each.last)
            continue
        if held is not None:
            yield held
        held = each
    if held is not None:
        yield held
