"""`make mutants`: small changes by chance, each of which a test must see.

The changes are drawn anew for each commit, as many of each kind; the same commit draws the same.
Each is made in a copy of the tree, and the tests that import the changed file are asked, nearest
first. A change that lives is printed with its place; one that changes nothing at all (an equivalent
one) counts as living too. The exit status is 1 where fewer than nine in ten are seen.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from mutation.changes import KINDS, Change, changes_of
from mutation.tests_of import Imports

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("edge/posture", "edge/results", "edge/uplink", "edge/wire", "edge/mqtt", "edge/update",
         "tools/collector")  # fmt: skip
LEAST_SEEN = 0.9
_COPIED = (
    "edge", "tools", "tests", "models_onnx", "docs", "systemd", "pyproject.toml", "README.md",
    "ARCHITECTURE.md", "CHANGELOG.md", "Makefile",
)  # fmt: skip


def drawn(seed: str, count: int, rooms: tuple[str, ...] = ROOMS) -> list[Change]:
    """So many changes, the kinds in turn."""
    files = [
        str(path.relative_to(ROOT))
        for room in rooms
        for path in sorted((ROOT / room).rglob("*.py"))
    ]
    by_kind: dict[str, list[Change]] = {kind: [] for kind in KINDS}
    for file in files:
        for change in changes_of(ROOT, file):
            by_kind[change.kind].append(change)
    dice = random.Random(seed)
    for changes in by_kind.values():
        dice.shuffle(changes)
    return [by_kind[KINDS[n % len(KINDS)]].pop() for n in range(count)]


class Tree:
    """A copy of the checkout in which programs and tests find the copy's code alone."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "checkout"
        self._root.mkdir()
        for name in _COPIED:
            source, target = ROOT / name, self._root / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", ".grimp_cache")
                shutil.copytree(source, target, ignore=ignored)
            else:
                shutil.copy(source, target)
        self.unfit: set[str] = set()
        packages = folder / "packages"
        packages.mkdir()
        (packages / "edge").symlink_to(self._root / "edge")
        (packages / "posture_tools").symlink_to(self._root / "tools")
        self._environment = {
            **os.environ, "PYTHONPATH": str(packages), "NUMBA_CACHE_DIR": str(folder / "kernels"),
            "POSTURE_SHARED": str(folder / "nothing"),
        }  # fmt: skip

    def first_failure(self, tests: list[str], limit_s: float) -> str:
        """The test that fails first, or its file; "" where all pass, `timeout` where one hangs."""
        deselected = [f"--deselect={test}" for test in sorted(self.unfit)]
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        try:
            ran = subprocess.run(
                [*command, *deselected, *tests], cwd=self._root, env=self._environment,
                capture_output=True, check=False, timeout=limit_s,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "timeout"
        said = ran.stdout.decode(errors="replace")
        if ran.returncode in (0, 5):  # 5: nothing is left of them
            return ""
        if found := re.search(r"^(?:FAILED|ERROR) (tests/.+?)(?: - |$)", said, re.MULTILINE):
            return found[1]
        sys.exit(f"pytest ended with {ran.returncode}: {said[-800:]}")

    def seen_by(self, change: Change, tests: list[str], limit_s: float) -> str:
        """The test that sees a change, "" where none does.

        A test that also fails without the change has seen nothing, and is not asked again.
        """
        path = self._root / change.file
        source = path.read_bytes()
        while True:
            path.write_bytes(change.applied(source))
            try:
                failing = self.first_failure(tests, limit_s)
            finally:
                path.write_bytes(source)
                os.utime(path)  # Python's cache of the changed file must not pass for this one's
            if failing in ("", "timeout") or not self.first_failure([failing], limit_s):
                return failing
            self.unfit.add(failing)


def commit() -> str:
    asked = ["git", "rev-parse", "HEAD"]
    return subprocess.run(
        asked, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def told(change: Change) -> str:
    before, after = (" ".join(text.split())[:90] for text in (change.before, change.after))
    return f"{change.kind:10} {change.file}:{change.line}: {before}  ->  {after}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=(__doc__ or "").strip())
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", default="", help="the default is the commit")
    parser.add_argument("--rooms", nargs="+", default=ROOMS, metavar="FOLDER")
    parser.add_argument(
        "--files", type=int, default=12, help="most test files asked about one change"
    )
    parser.add_argument("--limit-s", type=float, default=900.0, help="for the tests of one change")
    options = parser.parse_args()
    seed = options.seed or commit()
    changes = drawn(seed, options.count, tuple(options.rooms))
    imports = Imports(ROOT)
    alive, kinds, began_s = [], Counter[str](), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(Path(folder))
        for number, change in enumerate(changes, 1):
            tests = imports.tests_of(change.file, options.files)
            seen_by = tree.seen_by(change, tests, options.limit_s)
            lives = not seen_by
            kinds[change.kind] += not lives
            if lives:
                alive.append(change)
            word = "LIVES" if lives else "seen "
            print(f"{number:3} {word} {told(change)}  [{seen_by}]", flush=True)
    for test in sorted(tree.unfit):
        print(f"not asked, for it fails without any change: {test}")
    share = 1 - len(alive) / len(changes)
    each = ", ".join(f"{kind} {kinds[kind]}" for kind in KINDS)
    print(
        f"{len(changes)} changes, seed {seed}: {share:.1%} seen ({each}), {len(alive)} live, "
        f"{(time.monotonic() - began_s) / 60:.0f} minutes"
    )
    return 0 if share >= LEAST_SEEN else 1


if __name__ == "__main__":
    sys.exit(main())
