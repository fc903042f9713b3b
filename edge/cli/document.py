"""The JSON document of a run with `--json`: one, whole whatever happens, with every input in it."""

from __future__ import annotations

import json
import math
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, Literal

import msgspec

from edge.errors import PostureError
from edge.output import STDOUT, write_output
from edge.shown import path_entry, shown, without_secrets

Shape = Literal["object", "array"]
_NO_TEXT = frozenset(map(chr, range(0xD800, 0xE000)))  # bytes of a name that are no UTF-8


class Document:
    """An array, whose entries are written as they come, or an object, written at the end.

    What could not be read or done is an entry `{"path": ..., "problem": {"code", "words"}}`. An
    object says its inputs too: `path` if there is one, else `inputs`, an array of such entries.
    """

    def __init__(self) -> None:
        self.shape: Shape = "object"
        self.called = "path"
        self._inputs: list[str] = []
        self._waiting: list[str] = []  # inputs of which nothing has been said yet
        self._at: str | None = None  # the one that is being read
        self._answer: dict[str, Any] = {}
        self._problems: dict[str, dict[str, str]] = {}
        self._before = "["
        self._writing = False
        self._stop_due = False  # it came within a write
        self._stopping = False  # said once: what follows must not cut the end
        self._ended = False

    def plan(self, inputs: Sequence[str]) -> None:
        """Name the inputs that the document will have entries for."""
        self._inputs = [without_secrets(each) for each in inputs]
        self._waiting = list(self._inputs)

    def reach(self, path: str) -> None:
        """Note that this input is being read now."""
        path = without_secrets(path)
        self._at = path
        if path in self._waiting:
            self._waiting.remove(path)

    def leave(self) -> None:
        """Note that the input has been read."""
        self._at = None

    def entry(self, value: Any) -> None:
        """One more entry of the array: a mapping, a dataclass or a struct."""
        with self._uncut():
            _write(f"{self._before}\n{_text(value)}")
            self._before = ","

    def answer(self, value: Any) -> None:
        """What the object holds: a mapping, a dataclass or a struct."""
        self._answer |= msgspec.to_builtins(value, str_keys=True)

    def problem(self, error: PostureError, path: str) -> None:
        """An input that could not be read."""
        path = without_secrets(path)
        if self.shape == "array":
            self.entry({**path_entry(path, self.called), "problem": problem_of(error)})
        else:
            self._problems[path] = problem_of(error)

    def end(self, code: str = "", words: str = "") -> None:
        """Finish it, once. A code says what ended the run: each input not yet read repeats it."""
        if self._ended:
            return
        problem = {"code": code, "words": words} if code else None
        self._stopping = True
        with self._uncut():
            if self.shape == "object":
                _write(f"{_text(self._object(problem))}\n")
            else:
                for entry in self._left(problem):
                    _write(f"{self._before}\n{_text(entry)}")
                    self._before = ","
                _write("\n]\n" if self._before == "," else "[]\n")
            self._ended = True

    def _left(self, problem: dict[str, str] | None) -> list[dict[str, Any]]:
        if problem is None:
            return []
        at = [] if self._at is None else [self._at]
        paths = [*at, *self._waiting]
        entries = [path_entry(path, self.called) | {"problem": problem} for path in paths]
        return entries or [{"problem": problem}]

    def _object(self, problem: dict[str, str] | None) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        told = dict(self._problems)
        if problem is not None and len(self._inputs) != 1:
            whole["problem"] = problem
        if problem is not None:
            unread = set(self._waiting) | {self._at}
            told |= {path: problem for path in self._inputs if path in unread and path not in told}
        entries = [
            {**path_entry(path, self.called), **({"problem": told[path]} if path in told else {})}
            for path in self._inputs
        ]
        if len(entries) == 1:
            whole |= entries[0] | ({"problem": problem} if problem is not None else {})
        elif entries:
            whole["inputs"] = entries
        return whole | self._answer

    @contextmanager
    def _uncut(self) -> Iterator[None]:
        self._writing = True
        try:
            yield
        finally:
            self._writing = False
        if self._stop_due and not self._stopping:
            self._stopping = True
            raise KeyboardInterrupt

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM end the run between two writes, never within one; the first counts."""

        def stop(_signal: int, _frame: FrameType | None) -> None:
            if self._writing:
                self._stop_due = True
            elif not self._stopping:
                self._stopping = True
                raise KeyboardInterrupt

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def problem_of(error: PostureError) -> dict[str, str]:
    """What an error is to a machine: a code that stays, and words that may change."""
    return {"code": error.code, "words": str(error)}


def _write(text: str) -> None:
    write_output(STDOUT, text.encode())


def _text(value: Any) -> str:
    """ASCII, so that it passes through every pipe; a number that is none becomes null."""
    return json.dumps(_plain(msgspec.to_builtins(value, str_keys=True)), indent=1, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value if _NO_TEXT.isdisjoint(value) else shown(value)
    if isinstance(value, dict):
        named = path_entry(value["path"]) if isinstance(value.get("path"), str) else {}
        return {key: _plain(each) for key, each in (value | named).items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
