"""Which tests of a test file run a change, read from what was written down once."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from mutation.changes import Change
from mutation.recorder import EVERYBODY, NOBODY

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Recorded:
    """What the tests of one test file ran.

    passed : the tests that passed without any change. lasted_s : of each test.
    """

    def __init__(self, path: Path) -> None:
        self._lines: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.lasted_s: dict[str, float] = defaultdict(float)
        failed: set[str] = set()
        for row in path.read_text().splitlines():
            test, what, number = row.split("\t")
            if what.startswith("="):
                self.lasted_s[test] += float(number)
                if what != "=passed":
                    failed.add(test)
            else:
                self._lines[what][int(number)].add(test)
        self.passed = self.lasted_s.keys() - failed

    def tests_that_run(self, change: Change, root: Path) -> list[str]:
        """The tests that may see a change: those that run it first, then the quickest.

        What runs while modules are read, or is kept from one call to the next, may decide about
        every test of the file.
        """
        if change.file not in self._lines:
            return []
        lines = self._lines[change.file]
        at, is_called = place_of(root, change)
        run = set().union(*(lines[line] for line in at if line in lines))
        if not is_called or run & {NOBODY, EVERYBODY}:
            near = run or set().union(*lines.values())
            return sorted(self.passed, key=lambda test: (test not in near, self.lasted_s[test]))
        return sorted(run & self.passed, key=lambda test: self.lasted_s[test])


class Place:
    """Where a change stands. lines : of its statement. is_called : it runs anew with each call."""

    def __init__(self, tree: ast.Module, line: int, column: int) -> None:
        self.lines = range(line, line + 1)
        self.is_called = False
        self._look(tree, line, column)

    def _look(self, node: ast.AST, line: int, column: int) -> None:
        for child in ast.iter_child_nodes(node):
            if not _holds(child, line, column):
                continue
            if isinstance(child, ast.stmt):
                self.lines = range(child.lineno, _last_line_of_head(child) + 1)
            if isinstance(node, _FUNCTIONS) and child in _body(node):
                kept = not isinstance(node, ast.Lambda) and any(
                    "cache" in ast.unparse(each) for each in node.decorator_list
                )
                self.is_called = not kept
            self._look(child, line, column)


def _holds(node: ast.AST, line: int, column: int) -> bool:
    if not isinstance(node, ast.stmt | ast.expr):
        # arguments, comprehensions, handlers: no place of their own that could be relied upon
        return any(_holds(child, line, column) for child in ast.iter_child_nodes(node))
    assert node.end_lineno is not None and node.end_col_offset is not None  # noqa: PT018
    first = min((each.lineno for each in getattr(node, "decorator_list", ())), default=node.lineno)
    begins = (first, node.col_offset if first == node.lineno else 0)
    return begins <= (line, column) < (node.end_lineno, node.end_col_offset)


def _body(node: ast.AST) -> list[ast.AST]:
    body = getattr(node, "body", [])
    return body if isinstance(body, list) else [body]


def _last_line_of_head(node: ast.stmt) -> int:
    """Of `if`, `for`, `with`, `def` and the like only what stands above their block."""
    block = getattr(node, "body", None)
    if block:
        return max(node.lineno, int(block[0].lineno) - 1)
    return int(node.end_lineno or node.lineno)


@cache
def _read(path: Path) -> tuple[ast.Module, list[int]]:
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return ast.parse(source), starts


def place_of(root: Path, change: Change) -> tuple[Iterable[int], bool]:
    """The lines that show a change, and whether they run anew with each call.

    A constant of one file is shown by the lines that name it.
    """
    tree, starts = _read(root / change.file)
    column = change.start - starts[change.line - 1]
    place = Place(tree, change.line, column)
    named = [
        Place(tree, node.lineno, node.col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Load)
        and node.id in _constants(tree, change.line)
    ]
    if not place.is_called and named and all(each.is_called for each in named):
        return {line for each in named for line in each.lines}, True
    return place.lines, place.is_called


def _constants(tree: ast.Module, line: int) -> set[str]:
    """The names of this file alone that a line of the module itself assigns."""
    for node in tree.body:
        here = node.lineno <= line <= (node.end_lineno or node.lineno)
        if here and isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found = (each for target in targets for each in ast.walk(target))
            names = {each.id for each in found if isinstance(each, ast.Name)}
            return names if all(name.startswith("_") for name in names) else set()
    return set()
