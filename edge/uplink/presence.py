"""Whether a collector is there: what was said of it, and what its receipts prove.

What was said is a hint: anybody may have written or cleared it. A receipt is signed. So a hint
holds a message back for HINT_S at most, and the first receipt makes it void. Pure: time comes in as
an argument.
"""

from __future__ import annotations

import math

HINT_S = 10.0


class Presence:
    """What is known on one connection of whether a collector is there.

    patience_s : so long its retained word may take to come.
    """

    def __init__(self, now_s: float, patience_s: float) -> None:
        self._said: bool | None = None  # not known before its word came
        self._began_s = now_s
        self._patience_s = patience_s
        self._proven_s = -math.inf
        self._tried_s = now_s
        self._returned_s = -math.inf

    @property
    def is_announced(self) -> bool:
        """Whether it says that it is there."""
        return bool(self._said)

    def is_there(self, now_s: float) -> bool:
        """Whether a collector is there: by its own word, or by a recent receipt, whatever its word
        is."""
        return self.is_announced or now_s - self._proven_s < HINT_S

    def said(self, online: bool | None, now_s: float) -> bool:
        """What its topic holds now, None for nothing. Whether it came back, and may have lost what
        was under way: a liar who says so again and again has everything sent once in HINT_S."""
        back = bool(online) and not self._said and now_s - self._returned_s >= HINT_S
        self._said = online
        if back:
            self._returned_s = now_s
        return back

    def proved(self, now_s: float) -> bool:
        """A receipt came. Whether that ends a silence, as its word would."""
        back = not self.is_there(now_s)
        self._proven_s = now_s
        return back

    def may_try(self, now_s: float) -> bool:
        """Whether it is time for one message to somebody who seems away; then the next waits."""
        due = now_s - self._tried_s >= HINT_S
        if due:
            self._tried_s = now_s
        return due

    def problem(self, now_s: float) -> str | None:
        """What is wrong, for people; "" when all is well, None while that is not known."""
        if self.is_there(now_s):
            return ""
        if self._said is not None:
            return "the collector is offline; results wait"
        if now_s - self._began_s > self._patience_s:
            return "no collector has announced itself to the broker; results wait"
        return None
