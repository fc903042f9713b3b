"""Writes down which test runs which line of the mutated rooms, in the programs it starts too.

Each row is written at once, for many of those programs are killed. What a fixture of several tests
runs is a row of all of them (`*`); what runs while modules are read, a row of none.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

import pytest

from mutation.rooms import file_of

RECORD = "MUTATION_RECORD"  # names the file that rows are added to
NOBODY, EVERYBODY = "", "*"


class Recorder:
    """A plugin of pytest, and the tracer of a program that a test starts."""

    def __init__(self, path: str) -> None:
        self._rows = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._files: dict[str, str | None] = {}
        self._tracers: dict[str, Any] = {}
        self._lines: dict[CodeType, set[tuple[str, int]]] = {}
        self._whose = (NOBODY, set[tuple[str, int]]())

    def begin(self, test: str) -> None:
        self._whose = (test, set())
        threading.settrace(self._called)
        sys.settrace(self._called)

    def _called(self, frame: FrameType, _event: str, _argument: object) -> Any:
        path = frame.f_code.co_filename
        if path not in self._files:
            self._files[path] = file_of(path)
        file = self._files[path]
        if file is None:
            return None
        if frame.f_code not in self._lines:
            self._lines[frame.f_code] = {
                (file, line) for *_, line in frame.f_code.co_lines() if line
            }
        if self._lines[frame.f_code] <= self._whose[1]:
            return None  # nothing of it is news
        self._note(file, frame.f_lineno)
        if file not in self._tracers:
            self._tracers[file] = self._tracer_of(file)
        return self._tracers[file]

    def _tracer_of(self, file: str) -> Any:
        def ran(frame: FrameType, event: str, _argument: object) -> Any:
            if event == "line":
                self._note(file, frame.f_lineno)
            return ran

        return ran

    def _note(self, file: str, line: int) -> None:
        test, seen = self._whose
        if (file, line) not in seen:
            seen.add((file, line))
            self._write(test, file, line)

    def _write(self, *row: object) -> None:
        os.write(self._rows, ("\t".join(map(str, row)) + "\n").encode())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.begin(item.nodeid)
        try:
            return (yield)
        finally:
            self._whose = (NOBODY, set())

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        own = self._whose
        if fixturedef.scope != "function":
            self._whose = (EVERYBODY, set())
        try:
            return (yield)
        finally:
            self._whose = own

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._write(report.nodeid, f"={report.outcome}", report.duration)


def trace_this_program() -> None:
    """What `sitecustomize` of the copy calls in each program that a test starts."""
    if path := os.environ.get(RECORD):
        test, _, phase = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")
        Recorder(path).begin(test if phase == "(call)" else EVERYBODY)
