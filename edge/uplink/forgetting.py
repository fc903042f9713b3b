"""The command `erase`: out of the outbox, out of every other file, and a search that proves it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from edge.results import kept
from edge.results.outbox import Outbox
from edge.screening.order import FILE_NAME as ORDER_NAME
from edge.traces import holding
from edge.wire.codec import decode
from edge.wire.commands import EraseCommand


class Forgetting:
    """state_path : the folder in which engine and uplink keep all that they keep."""

    def __init__(self, outbox: Outbox, state_path: Path) -> None:
        self._outbox = outbox
        self._state_path = state_path

    def __call__(self, body: bytes) -> dict[str, Any]:
        """Carry out the command; it may come again, and then finds nothing.

        Returns
        -------
        ranges : the numbers that the erase events name. left : files in which a word of it still
        stands. The last erase event says so too: it is signed, an answer is not.
        """
        command = decode(body, EraseCommand)
        if command.seqs:
            return {"ranges": self._outbox.erase(seqs=command.seqs)}
        sessions = [command.session] if command.session else self._sessions_of(command.code)
        ranges = [each for session in sessions for each in self._outbox.erase(session)]
        # The code stands in JSON texts only; bare, a short one would be found by chance.
        words = [*sessions, *([f'"{command.code}"'] if command.code else [])]
        self._remove(words)
        left = tuple(str(path.relative_to(self._state_path)) for path in self._found(words))
        self._outbox.prove(command.session, command.code, left)
        return {"ranges": ranges, "left": left}

    def _sessions_of(self, code: str) -> tuple[str, ...]:
        found = [*self._outbox.sessions_of(code)]
        for path in self._kept():
            found.extend(kept.sessions_of(path, code))
        return tuple(dict.fromkeys(found))

    def _kept(self) -> list[Path]:
        return sorted(self._state_path.glob(kept.FILES))

    def _remove(self, words: Collection[str]) -> None:
        """A waiting order, and copies of damaged outboxes: nobody can take a word out of those,
        and what could be read of them has gone along. What a newer release left undelivered did
        not, so there only the person goes."""
        for path in (self._state_path / ORDER_NAME, *self._state_path.rglob("*.damaged-*")):
            if holding([path], words):
                path.unlink(missing_ok=True)
        for path in self._kept():
            if holding(path.parent.glob(f"{path.name}*"), words):
                kept.forget(path, words)

    def _found(self, words: list[str]) -> tuple[Path, ...]:
        return holding(sorted(self._state_path.rglob("*")), words)
