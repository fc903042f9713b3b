"""The names of what was erased: hashes, by which it is known again and from which nobody reads it.

A session's name is 64 random bits, which nobody guesses. A person's code may be short, so whoever
holds its hash can try codes: its hash is kept only where it must be.
"""

from __future__ import annotations

import hashlib
from typing import Literal

What = Literal["session", "code"]


def forgotten_name(site: str, what: What, word: str) -> str:
    """64 hex digits that stand for a session or a code of a site."""
    text = "\n".join(("ps/2", "forgotten", site, what, word))
    return hashlib.sha256(text.encode()).hexdigest()
