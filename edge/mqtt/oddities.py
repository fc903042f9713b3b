"""What arrives and cannot be used: counted, and logged at most once a minute for each kind.

Whoever can publish could otherwise fill a disk with our complaints.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

SAY_EVERY_S = 60.0
_MOST_KINDS = 64
_SHOWN = 200


@dataclass(slots=True)
class Oddities:
    """counts : how often each kind came since the start."""

    counts: Counter[str] = field(default_factory=Counter)
    _said: dict[str, tuple[float, int]] = field(default_factory=dict)

    def note(self, kind: str, problem: object) -> None:
        """Count one more of a kind, and log it if none was logged for a minute.

        kind : a few words of ours, never text from the wire.
        """
        if kind not in self.counts and len(self.counts) >= _MOST_KINDS:
            kind = "other"
        self.counts[kind] += 1
        said_s, said_count = self._said.get(kind, (-SAY_EVERY_S, 0))
        now_s = time.monotonic()
        if now_s - said_s >= SAY_EVERY_S:
            count = self.counts[kind]
            more = f" ({count - said_count} since the last word)" if said_count else ""
            log.warning("%s%s: %s", kind, more, ascii(str(problem))[1:-1][:_SHOWN])
            self._said[kind] = now_s, count
