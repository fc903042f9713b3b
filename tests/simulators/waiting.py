"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], within_s: float = 20.0) -> None:
    """Return as soon as the condition holds; fail, naming it, if it never does."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, f"never became true: {condition}"
        time.sleep(0.01)
