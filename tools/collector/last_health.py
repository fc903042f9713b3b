"""The last health of each station, written together: thousands say something each minute, and only
the last word of each counts."""

from __future__ import annotations

import time

from posture_tools.collector.store import Note, Store


class LastHealth:
    """What stations last said of their health and no store has yet."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unwritten: dict[tuple[str, str], Note] = {}
        self._written_at_s = 0.0

    def hear(self, health: Note) -> None:
        """Keep it in the place of what its station said before."""
        self._unwritten[health.site, health.station] = health

    def before(self, note: Note) -> list[Note]:
        """Another word of a station, behind its health where that is still to be written: what was
        said before a will must not be written after it, for it looks alive."""
        health = self._unwritten.pop((note.site, note.station), None)
        return [note] if health is None else [health, note]

    def write(self, *, every_s: float) -> None:
        """Note them all in one transaction, unless that was done less than `every_s` ago.

        Raises
        ------
        StoreFailed : it does not answer; they are kept for the next time.
        """
        if self._unwritten and time.monotonic() - self._written_at_s >= every_s:
            self._store.note_all(self._unwritten.values())
            self._unwritten.clear()
            self._written_at_s = time.monotonic()
