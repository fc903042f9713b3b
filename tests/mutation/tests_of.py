"""Which tests to ask about a changed file: those that are likeliest to see it first."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

_PACKAGES = {"edge": "edge", "tools": "posture_tools"}
# Browsers and whole machines: too slow to be asked about every change.
_NEVER = (
    "tests/pages",
    "tests/load",
    "tests/fuzz",
    "tests/budgets",
    "tests/docs",
    "tests/mutation",
)
# Minutes each; asked last.
_SLOW = (
    "chaos",
    "malice",
    "standby",
    "workers",
    "brokers",
    "postgres",
    "deaths",
    "cuts",
    "together",
)
FAR = 4


class Imports:
    """What imports what in a tree, read without running anything."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @cached_property
    def files(self) -> dict[str, str]:
        """Module -> file."""
        found = {}
        for folder in (*_PACKAGES, "tests"):
            for path in sorted((self._root / folder).rglob("*.py")):
                parts = path.relative_to(self._root).with_suffix("").parts
                head = [_PACKAGES[parts[0]]] if parts[0] in _PACKAGES else []
                names = [*head, *parts[1:]]
                if names and names[-1] == "__init__":
                    names.pop()
                found[".".join(names)] = str(path.relative_to(self._root))
        return found

    @cached_property
    def imported(self) -> dict[str, set[str]]:
        """File -> files that it imports."""
        return {file: set(self._imported_by(file)) for file in self.files.values()}

    def _imported_by(self, file: str) -> Iterator[str]:
        for node in ast.walk(ast.parse((self._root / file).read_bytes())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
            yield from (self.files[name] for name in names if name in self.files)

    @property
    def tests(self) -> list[str]:
        """Every test file that may be asked."""
        return [
            file
            for file in self.imported
            if Path(file).name.startswith("test_") and not file.startswith(_NEVER)
        ]

    def tests_of(self, file: str) -> list[str]:
        """The test files, those first that are likeliest to see a change of `file`.

        A test is near that imports it, through few modules of the product (what tests share among
        them is no distance), that bears its name, or lies in the folder of the same name: many
        tests start programs, and import nothing of what they try.
        """
        _, *rooms, name = Path(file).with_suffix("").parts

        def remoteness(test: str) -> int:
            *folders, test_name = Path(test).with_suffix("").parts
            said = {*test_name.split("_"), test_name.removeprefix("test_")}
            named = name in said or bool(set(name.split("_")) & said)
            inner = rooms[-1] in said or rooms[-1] in folders
            slow = any(word in said for word in _SLOW)
            near = 5 * named + 2 * inner + (rooms[0] in folders)
            return self._distance(test, file) + 4 * slow - near

        return sorted(self.tests, key=lambda test: (remoteness(test), test))

    def _distance(self, test: str, file: str) -> int:
        waiting, seen = deque([(test, 0)]), {test}
        while waiting:
            here, steps = waiting.popleft()
            if here == file:
                return steps
            for following in self.imported[here] - seen:
                further = steps + (not following.startswith("tests/"))
                if further <= FAR:
                    seen.add(following)
                    # Steps within tests/ cost nothing and so come first.
                    add = waiting.appendleft if further == steps else waiting.append
                    add((following, further))
        return FAR + 1
