"""`posture-station warmup`: compile the kernels once, at installation."""

from __future__ import annotations

import time

from rich.console import Console

from edge.decode.warmup import warm_up


def run() -> int:
    began = time.perf_counter()
    warm_up()
    Console().print(f"kernels compiled and cached in {time.perf_counter() - began:.1f} s")
    return 0
