"""A copy of the checkout in which changes are made, and the tests that are asked there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mutation.changes import Change
from mutation.gathering import Gathering
from mutation.recorded import Recorded
from mutation.recorder import RECORD

ROOT = Path(__file__).resolve().parents[2]
_COPIED = (
    "edge", "tools", "tests", "models_onnx", "docs", "systemd", "pyproject.toml", "README.md",
    "ARCHITECTURE.md", "CHANGELOG.md", "Makefile",
)  # fmt: skip
_RECORDING_S = 300.0
# A changed test may take longer than it did, and the machine may be busier.
_PATIENCE_S, _PATIENCE = 60.0, 6.0
# Tests that last as long wait for programs or for time, and may fail of a busy machine.
_DOUBTED_S = 3.0
_GATHERED_S = 25.0  # of tests asked in one go
_AT_START = """import os
if "MUTATION_RECORD" in os.environ:
    from mutation.recorder import trace_this_program
    trace_this_program()
"""


@dataclass(frozen=True)
class Verdict:
    """seen_by : the test that saw the change, `timeout` where one hung, "" where none did.
    asked : how many tests that run it."""

    seen_by: str
    asked: int


class Tree:
    """A copy in which programs and tests find the copy's code alone.

    root : of the copy. folder : keeps what was recorded of tests, for the next time; one run at a
    time uses it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root = folder / "checkout"
        self._fresh_copy()
        packages = folder / "packages"
        shutil.rmtree(packages, ignore_errors=True)
        packages.mkdir()
        (packages / "posture_tools").symlink_to(self.root / "tools")
        (packages / "mutation").symlink_to(self.root / "tests" / "mutation")
        (packages / "sitecustomize.py").write_text(_AT_START)
        environment = {
            **os.environ, "PYTHONPATH": f"{self.root}:{packages}", "OPENBLAS_NUM_THREADS": "1",
            "NUMBA_CACHE_DIR": str(folder / "kernels"), "POSTURE_SHARED": str(folder / "nothing"),
        }  # fmt: skip
        self._environment = environment
        self._gathering: Gathering | None = None
        self._product = _digest(self.root)
        self._known: dict[str, Recorded] = {}
        self._records: dict[str, Path] = {}
        self._unfit: set[str] = set()
        self._scratch = tempfile.TemporaryDirectory()
        self._warm = subprocess.Popen(
            [sys.executable, "-m", "mutation.warm"], cwd=self.root, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def gather(self, files: Iterable[str]) -> None:
        """Read those of the test files that are recorded once for all changes to come."""
        known = [file for file in files if self.known(file)]
        if known:
            said, scratch = self._folder / "gathered.txt", f"{self._scratch.name}/g"
            self._gathering = Gathering(self.root, known, self._environment, said, scratch)

    def close(self) -> None:
        if self._gathering is not None:
            self._gathering.close()
        self._warm.communicate()
        self._scratch.cleanup()

    def _fresh_copy(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir()
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", ".grimp_cache")
        for name in _COPIED:
            source, target = ROOT / name, self.root / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=ignored)
            else:
                shutil.copy2(source, target)

    def first_failure(
        self, tests: list[str], limit_s: float, *, changed: bool = False, **environment: str
    ) -> str:
        """The test that fails first, or its file; "" where all pass, `timeout` where one hangs.

        changed : a change stands in the copy, which may keep pytest itself from beginning.
        """
        output = self._folder / "output.txt"
        asked = {
            "tests": tests, "limit_s": limit_s, "output": str(output), "environment": environment,
            "scratch": f"{self._scratch.name}/t",
        }  # fmt: skip
        assert self._warm.stdin is not None and self._warm.stdout is not None  # noqa: PT018
        self._warm.stdin.write(json.dumps(asked).encode() + b"\n")
        self._warm.stdin.flush()
        answer = json.loads(self._warm.stdout.readline())
        if answer["failing"] or answer["status"] in (0, 5):  # 5: no test is left
            return str(answer["failing"])
        if changed:
            return "pytest does not begin"
        sys.exit(f"pytest ended with {answer['status']}: {output.read_text()[-800:]}")

    def _record_of(self, file: str) -> Path:
        if file in self._records:
            return self._records[file]
        digest = hashlib.sha256(self._product + (self.root / file).read_bytes()).hexdigest()
        name = f"{file.replace('/', '.')}.{digest[:16]}"
        return self._records.setdefault(file, self._folder / "recorded" / name)

    def known(self, file: str) -> bool:
        """Whether it is written down already what the tests of a test file run."""
        return self._record_of(file).exists()

    def _in_turn(self, change: Change, files: list[str]) -> Iterator[dict[str, float]]:
        """The tests that run a change, with their seconds: of the test files that are recorded
        the cheapest one, then the others at once; then one file after the other."""
        known = [self._tests_of(change, file) for file in files if self.known(file)]
        known.sort(key=lambda tests: sum(tests.values()))
        first, *others = [tests for tests in known if tests] or [{}]
        yield first
        yield {test: lasted_s for tests in others for test, lasted_s in tests.items()}
        for file in files:
            if not self.known(file):
                yield self._tests_of(change, file)

    def _tests_of(self, change: Change, file: str) -> dict[str, float]:
        recorded = self.recorded(file)
        tests = recorded.tests_that_run(change, self.root)
        return {test: recorded.lasted_s[test] for test in tests}

    def recorded(self, file: str) -> Recorded:
        """What the tests of a test file run; found out once for each version of the tree."""
        if file not in self._known:
            path = self._record_of(file)
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                part = path.with_suffix(".part")
                part.write_bytes(b"")
                self.first_failure([file], _RECORDING_S, **{RECORD: str(part)})
                rows = dict.fromkeys(part.read_text().splitlines())  # a program repeats another's
                part.write_text("\n".join(rows))
                part.rename(path)
            self._known[file] = Recorded(path)
        return self._known[file]

    def _seen_by_gathered(self, change: Change, files: list[str], limit_s: float) -> str:
        """A quick test that was gathered and sees the change; "" where none is known to."""
        if self._gathering is None or not self._gathering.can_make(change):
            return ""
        known = [self._tests_of(change, file) for file in files if self.known(file)]
        known.sort(key=lambda tests: sum(tests.values()))
        tests, in_all_s = [], 0.0
        for test, lasted_s in (each for tests in known for each in tests.items()):
            quick = lasted_s <= _DOUBTED_S and in_all_s + lasted_s < min(limit_s, _GATHERED_S)
            if quick and test in self._gathering.tests:
                in_all_s += lasted_s
                tests.append(test)
        if not tests:
            return ""
        with self._changed(change):
            patience_s = _PATIENCE_S + _PATIENCE * in_all_s
            return self._gathering.first_failure(tests, patience_s, change) or ""

    def seen_by(self, change: Change, files: list[str], limit_s: float) -> Verdict:
        """Ask of each test file those tests that run a change, until one fails.

        First those that were gathered; what lives there is asked with all files read anew, for
        something may have been kept from before the change. A slow test that also fails without
        the change has seen nothing, and is not asked again.
        """
        if seen := self._seen_by_gathered(change, files, limit_s):
            return Verdict(seen, 1)
        asked, in_all_s = 0, 0.0
        for lasted_s in self._in_turn(change, files):
            tests = []
            for test in lasted_s:
                if in_all_s < limit_s and test not in self._unfit:
                    in_all_s += lasted_s[test]
                    tests.append(test)
            asked += len(tests)
            while tests:
                patience_s = _PATIENCE_S + _PATIENCE * sum(lasted_s[test] for test in tests)
                with self._changed(change):
                    failing = self.first_failure(
                        tests, patience_s, changed=True, PYTHONDONTWRITEBYTECODE="1"
                    )
                doubted = lasted_s.get(failing, 0.0) > _DOUBTED_S
                if not failing:
                    break
                if not doubted or not self.first_failure([failing], patience_s):
                    return Verdict(failing, asked)
                self._unfit.add(failing)
                tests.remove(failing)
        return Verdict("", asked)

    @contextlib.contextmanager
    def _changed(self, change: Change) -> Iterator[None]:
        path = self.root / change.file
        source, before = path.read_bytes(), path.stat()
        path.write_bytes(change.applied(source))
        try:
            yield
        finally:
            path.write_bytes(source)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # its .pyc stays good


def _digest(root: Path) -> bytes:
    """Of all that a test of the product may run beside its own file."""
    digest = hashlib.sha256()
    for folder in ("edge", "tools", "tests"):
        for path in sorted((root / folder).rglob("*.py")):
            name = str(path.relative_to(root))
            if not path.name.startswith("test_") and not name.startswith("tests/mutation"):
                digest.update(name.encode() + path.read_bytes())
    return digest.digest()
