"""`make mutants`: small changes by chance, each of which a test must see.

The changes are drawn by the commit, as many of each kind; the same commit draws the same. Each is
made in a copy of the tree, and of the test files that are nearest to the changed file those tests
are asked that run the changed line, which was written down once for each test file. Test files of
which that is known from an earlier run are read once for all changes. A change that lives is
printed with its place; one that changes nothing at all (an equivalent one) counts as living too.
What was tried stays in build/mutants, so that a run that was broken off goes on. The exit status is
1 where fewer than nine in ten are seen.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from mutation.changes import KINDS, Change, changes_of
from mutation.rooms import ROOMS
from mutation.tests_of import Imports
from mutation.tree import ROOT, Tree, Verdict

LEAST_SEEN = 0.9
_KEPT = ROOT / "build" / "mutants"


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


class Tried:
    """What earlier runs of the same seed found."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._verdicts: dict[str, Verdict] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                change, seen_by, asked = json.loads(line)
                self._verdicts[change] = Verdict(seen_by, asked)

    def verdict(self, change: Change) -> Verdict | None:
        return self._verdicts.get(repr(change))

    def add(self, change: Change, verdict: Verdict) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.write(json.dumps([repr(change), verdict.seen_by, verdict.asked]) + "\n")


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
        "--files", type=int, default=12,
        help="nearest test files asked about one change, beside those that are recorded already",
    )  # fmt: skip
    parser.add_argument(
        "--limit-s",
        type=float,
        default=300.0,
        help="of tests asked about one change, as long as they took",
    )
    parser.add_argument(
        "--also", nargs="+", default=[], metavar="FILE", help="test files to ask beside these"
    )
    parser.add_argument("--again", action="store_true", help="ask once more about what lived")
    options = parser.parse_args()
    seed = options.seed or commit()
    tried = Tried(_KEPT / f"tried-{seed[:12]}")
    changes = drawn(seed, options.count, tuple(options.rooms))
    alive, kinds, began_s = [], Counter[str](), time.monotonic()
    with closing(Tree(_KEPT)) as tree:
        imports = Imports(tree.root)
        for file in options.also:
            tree.recorded(file)
        tree.gather(imports.tests)
        for number, change in enumerate(changes, 1):
            verdict = tried.verdict(change)
            if verdict is None or (options.again and not verdict.seen_by):
                nearest = enumerate(imports.tests_of(change.file))
                files = [f for n, f in nearest if n < options.files or tree.known(f)]
                verdict = tree.seen_by(change, files, options.limit_s)
                tried.add(change, verdict)
            kinds[change.kind] += bool(verdict.seen_by)
            if not verdict.seen_by:
                alive.append(change)
            word = "seen " if verdict.seen_by else "LIVES"
            by = verdict.seen_by or f"{verdict.asked} tests run it"
            print(f"{number:3} {word} {told(change)}  [{by}]", flush=True)
    share = 1 - len(alive) / len(changes)
    each = ", ".join(f"{kind} {kinds[kind]}" for kind in KINDS)
    print(
        f"{len(changes)} changes, seed {seed}: {share:.1%} seen ({each}), {len(alive)} live, "
        f"{(time.monotonic() - began_s) / 60:.0f} minutes"
    )
    return 0 if share >= LEAST_SEEN else 1


if __name__ == "__main__":
    sys.exit(main())
