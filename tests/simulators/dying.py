"""Processes that die by SIGKILL at their n-th step, so that a test may look at what they leave."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from simulators.children import python_path

_LIVES = ["simulators.dying_archive", "simulators.dying_software", "simulators.dying_station"]
_FOLLOWED = {
    "open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.truncate",
}  # fmt: skip


class Steps:
    """Counts the steps of this process, which dies at one of them; at 0 never."""

    def __init__(self, die_at: int) -> None:
        self.taken = 0
        self._die_at = die_at

    def step(self) -> None:
        self.taken += 1
        if self.taken == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def follow(self, folder: Path) -> None:
        """From now on each operation on a file in a folder is a step."""
        prefix = str(folder)

        def heard(event: str, arguments: tuple[object, ...]) -> None:
            if event in _FOLLOWED and str(arguments[0]).startswith(prefix):
                self.step()

        sys.addaudithook(heard)


def forkserver() -> ForkServerContext:
    """Children of it begin with every life imported; Python 3.11's server needs the path told."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LIVES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", python_path())
        multiprocessing.forkserver.ensure_running()
    return context


def died(processes: ForkServerContext, live: Callable[..., None], *arguments: Any) -> int | None:
    """Let a life run to its end, or to its death; the exit status, -9 of who was killed."""
    child = processes.Process(target=live, args=arguments)
    child.start()
    child.join()
    return child.exitcode
