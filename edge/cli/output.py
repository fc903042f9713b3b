"""What a verb says: to people in lines and tables, or to machines in one JSON document."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from edge.cli.document import Document, Shape
from edge.cli.exits import Exit
from edge.cli.progress import Waiting
from edge.cli.table import show
from edge.errors import Distrust, PostureError, SettingsInvalid, SourceInvalid, TryAgain
from edge.shown import shown

__all__ = ["Output", "Shape"]


class Output:
    """Passed to every verb.

    as_json : whether machines read it. status : of the run, as far as its inputs have been read.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.status = Exit.DONE
        self._document = Document() if as_json else None
        self._people = Console(emoji=False)
        self._waiting = Waiting()

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Context for work: at a terminal a line turns as long as nothing else is printed."""
        self._waiting = Waiting(what)
        with self._waiting.running():
            yield

    def give_way(self) -> None:
        """A file goes to standard output: what is for people stands on standard error from now."""
        self._people = Console(stderr=True, emoji=False)
        self._waiting.end()

    def line(self, text: str = "", style: str = "") -> None:
        """A line for people: no markup is read in it, it is not folded, and nothing in it that a
        terminal would obey."""
        if self._document is None:
            with self._waiting.aside():
                _print(self._people, text, style)

    def table(self, table: Table) -> None:
        """A table for people."""
        if self._document is None:
            with self._waiting.aside():
                show(table, self._people)

    def note(self, text: str, style: str = "") -> None:
        """A line on standard error, where it disturbs neither tables nor JSON."""
        with self._waiting.aside():
            _print(Console(stderr=True, emoji=False), text, style)

    def entry(self, value: Any) -> None:
        """For machines: one more entry of the array that the verb prints, written at once.

        value : a mapping, a dataclass or a struct; a number that is none becomes null.
        """
        if self._document is not None:
            with self._waiting.aside():
                self._document.entry(value)

    def answer(self, value: Any) -> None:
        """For machines: what the object holds that the verb prints."""
        if self._document is not None:
            self._document.answer(value)

    def problem(self, error: PostureError, path: str | Path) -> None:
        """An input that could not be read; what follows goes on.

        The status will be 1, or 4 where all that was wrong is that something was not reached.
        """
        if self.status is not Exit.NO:
            self.status = Exit.UNREACHED if isinstance(error, TryAgain) else Exit.NO
        self.tell(error)
        if self._document is not None:
            with self._waiting.aside():
                self._document.problem(error, str(path))

    @contextmanager
    def reading(self, path: str | Path) -> Iterator[None]:
        """Context for reading one input. If it cannot be read, that is said, and the next one
        follows.

        Other errors end the verb; with `--json` this input and those not yet read say why.
        """
        if self._document is not None:
            self._document.reach(str(path))
        try:
            yield
        except (Distrust, SourceInvalid) as error:
            self.problem(error, path)
        if self._document is not None:
            self._document.leave()

    def will_read(self, paths: Sequence[str | Path]) -> None:
        """Name the files that are read, where a folder was named."""
        if self._document is not None:
            self._document.plan([str(path) for path in paths])

    def ask(self, question: str) -> bool:
        """Ask back before what cannot be undone; anything but `y` and `yes` is a no.

        Raises
        ------
        SettingsInvalid : nobody is there to be asked.
        """
        if not sys.stdin.isatty():
            raise SettingsInvalid(f"{question} Nobody is there to be asked.", "Say so with --yes.")
        with self._waiting.aside():
            sys.stderr.write(f"{question} [y/N] ")
            sys.stderr.flush()
            return sys.stdin.readline().strip().lower() in ("y", "yes")

    def tell(self, error: PostureError) -> None:
        """An error in words on standard error, and below it what can be done."""
        self.note(error.problem, style="red")
        if error.remedy:
            self.note(error.remedy)

    # What the program itself calls.

    def expect(self, shape: Shape, inputs: Sequence[str], called: str = "path") -> None:
        """What the document will be: see `Verb`."""
        if self._document is not None:
            self._document.shape, self._document.called = shape, called
            self._document.plan(inputs)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Context for a whole run: the JSON document is finished, whatever ends the run."""
        if self._document is None:
            yield
            return
        with self._document.listening():
            try:
                yield
                self._document.end()
            except KeyboardInterrupt:
                self._document.end("stopped", "stopped before the end")
                raise
            except PostureError as error:
                self._document.end(error.code, str(error))
                raise
            except BrokenPipeError:
                raise  # nobody reads on
            except Exception as error:
                self._document.end("fault", f"{type(error).__name__}: {error}")
                raise


def _print(console: Console, text: str, style: str) -> None:
    console.print(shown(text), style=style, markup=False, highlight=False, soft_wrap=True)
