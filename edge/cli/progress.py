"""That it still works, and how far: on standard error where a person sits; in a pipe nothing.

A verb of one long step says in `Verb.waits` what it does: after two seconds without a word a line
turns until something is said. A verb of many steps counts them by `tracked`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, track

_AFTER_S = 2.0

Item = TypeVar("Item")


def bars() -> Progress:
    """Progress bars that vanish when they are full."""
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_interactive)


def tracked(
    items: Iterable[Item], what: str, *, total: int | None = None, quiet: bool = False
) -> Iterator[Item]:
    """The items, with a bar while they are gone through.

    total : how many, where they do not say so themselves. quiet : without.
    """
    console = Console(stderr=True)
    if quiet or not console.is_interactive:  # rich would leave an empty line in a pipe
        return iter(items)
    return iter(track(items, escape(what), total=total, console=console, transient=True))


class Waiting:
    """A line that turns at a terminal while nothing else is printed.

    what : is done, a word or two; empty never shows anything.
    """

    def __init__(self, what: str = "") -> None:
        self._what = what
        self._console = Console(stderr=True)
        self._shown: Progress | None = None
        self._lock = threading.RLock()
        self._spoken = threading.Event()
        self._over = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Context for the work that is waited for."""
        if not self._what or not self._console.is_interactive:
            yield
            return
        watch = threading.Thread(target=self._watch, name="waiting", daemon=True)
        watch.start()
        try:
            yield
        finally:
            self.end()
            watch.join()

    def end(self) -> None:
        """Stop the line: show nothing from now on."""
        self._over = True
        with self.aside():
            pass

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Context for any other output: the line makes way, and comes back two seconds later."""
        with self._lock:
            self._hide()
            self._spoken.set()
            yield

    def _watch(self) -> None:
        while not self._over:
            if self._spoken.wait(_AFTER_S):
                self._spoken.clear()
                continue
            with self._lock:
                if self._shown is None and not self._over and not self._spoken.is_set():
                    self._show()

    def _show(self) -> None:
        self._shown = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
            console=self._console, transient=True,
        )  # fmt: skip
        self._shown.add_task(escape(self._what), total=None)
        self._shown.start()

    def _hide(self) -> None:
        if self._shown is not None:
            self._shown.stop()
            self._shown = None
