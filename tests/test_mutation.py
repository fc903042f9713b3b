"""The mutants' own machinery: changes are small and valid, and the nearest tests are asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutation.__main__ import ROOT, Tree, drawn
from mutation.changes import KINDS, Change, changes_of
from mutation.tests_of import Imports

SOURCE = '''"""Words are no change: 7."""


def of(a: int | None, b: "1 + 1" = 3) -> int:
    if a is None or b >= 2:
        log(a)
    return not a and b * 2
'''


def test_every_kind_of_change_is_found_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text(SOURCE)
    found = {(c.kind, c.before, c.after) for c in changes_of(tmp_path, "file.py")}
    assert found == {
        ("constant", "3", "(3 + 1)"),
        ("boolean", "a is None or b >= 2", "(a is None and b >= 2)"),
        ("comparison", "a is None", "(a is not None)"),
        ("comparison", "b >= 2", "(b > 2)"),
        ("constant", "2", "(2 + 1)"),
        ("removed", "log(a)", "pass"),
        ("return", "return not a and b * 2", "return None"),
        ("boolean", "not a and b * 2", "(not a or b * 2)"),
        ("boolean", "not a", "bool(a)"),
        ("arithmetic", "b * 2", "(b / 2)"),
    }


def test_a_change_is_made_where_it_stands_also_behind_other_letters() -> None:
    source = 'é = "ä"\nx = 1 < 2\n'.encode()
    change = Change("f.py", "comparison", 2, len('é = "ä"\nx = '.encode()), len(source) - 1,
                    "1 < 2", "(1 <= 2)")  # fmt: skip
    assert change.applied(source).decode() == 'é = "ä"\nx = (1 <= 2)\n'


def test_the_same_seed_draws_the_same_changes_of_every_kind_and_all_of_them_parse() -> None:
    rooms = ("edge/wire", "edge/mqtt")
    changes = drawn("a commit", 24, rooms)
    assert changes == drawn("a commit", 24, rooms)
    assert changes != drawn("another", 24, rooms)
    assert [change.kind for change in changes] == list(KINDS) * 4
    for change in changes:
        compile(change.applied((ROOT / change.file).read_bytes()), change.file, "exec")


def test_the_tests_of_a_file_come_first() -> None:
    imports = Imports(ROOT)
    assert imports.tests_of("edge/mqtt/backoff.py", 3)[0] == "tests/mqtt/test_backoff.py"
    assert imports.tests_of("edge/posture/scale.py", 3)[0] == "tests/posture/test_scale.py"
    verify = imports.tests_of("tools/collector/verify.py", 3)
    assert verify[0] == "tests/collector/test_verify.py"


@pytest.mark.timeout(900)
def test_a_change_that_matters_is_seen_and_one_that_does_not_lives(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tests = ["tests/mqtt/test_backoff.py"]
    file = "edge/mqtt/backoff.py"
    source = (ROOT / file).read_bytes()
    matters = next(c for c in changes_of(ROOT, file) if c.kind == "return")
    assert tree.seen_by(matters, tests, 600.0).startswith("tests/mqtt/test_backoff.py::")
    comment = Change(file, "removed", 1, len(source), len(source), "", "# nothing\n")
    assert tree.seen_by(comment, tests, 600.0) == ""
