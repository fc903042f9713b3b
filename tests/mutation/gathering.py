"""Asks tests that were read once: see `gathered`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from mutation.changes import Change
from mutation.gathered import CANNOT
from mutation.patching import is_within_functions


class Gathering:
    """Test files of a copy of the tree, and the process that has read them.

    tests : all of them, by name.
    """

    def __init__(
        self, root: Path, files: Collection[str], environment: Mapping[str, str], said: Path,
        scratch: str,
    ) -> None:  # fmt: skip
        self._root = root
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mutation.gathered", str(said), scratch, *files],
            cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.tests = frozenset(self._answer())

    def can_make(self, change: Change) -> bool:
        """Whether it can be made once its file was read."""
        source = (self._root / change.file).read_bytes()
        return is_within_functions(source, change.applied(source))

    def first_failure(self, tests: list[str], limit_s: float, change: Change) -> str | None:
        """The test that sees the change first, "" where all pass, `timeout` where one hangs; None
        where it cannot be made after all. Its file is changed already: programs read it anew."""
        path = self._root / change.file
        after = path.read_bytes()
        end = change.start + len(change.after.encode())
        before = after[: change.start] + change.before.encode() + after[end:]
        asked = {
            "tests": tests, "limit_s": limit_s, "path": str(path),
            "before": before.decode(), "after": after.decode(),
        }  # fmt: skip
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        found = str(self._answer())
        return None if found == CANNOT else found

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()
