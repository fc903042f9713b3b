"""The mutants' own machinery: changes are small and valid, and the nearest tests are asked."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mutation.__main__ import drawn
from mutation.changes import KINDS, Change, changes_of
from mutation.patching import apply, is_within_functions
from mutation.recorded import Recorded
from mutation.tests_of import Imports
from mutation.tree import ROOT, Tree

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
    assert imports.tests_of("edge/mqtt/backoff.py")[0] == "tests/mqtt/test_backoff.py"
    assert imports.tests_of("edge/posture/scale.py")[0] == "tests/posture/test_scale.py"
    verify = imports.tests_of("tools/collector/verify.py")
    assert verify[0] == "tests/collector/test_verify.py"


def test_what_a_test_runs_is_known_by_line_and_what_all_may_see_is_asked_of_all(
    tmp_path: Path,
) -> None:
    (tmp_path / "edge" / "wire").mkdir(parents=True)
    file = "edge/wire/some.py"
    (tmp_path / file).write_text(
        "LIMIT = 1 + 1\n_MOST = 3 * 3\n\ndef small(a, least=2 + 1):\n    if a > 4:\n"
        "        return a + 5 - _MOST\n"
        "    return (\n        a - 6)\n\n\n@cache\ndef kept():\n    return 7 + 1\n"
        "\n\nTWICE = {1: lambda a: a * 8}\n"
    )
    rows = [
        ("", file, 1), ("", file, 4), ("", file, 16),
        ("t::slow", file, 5), ("t::slow", file, 6), ("t::slow", "=passed", 2.0),
        ("t::quick", file, 5), ("t::quick", file, 8), ("t::quick", "=passed", 0.5),
        ("t::other", file, 13), ("t::other", file, 16), ("t::other", "=passed", 0.1),
        ("t::red", file, 5), ("t::red", "=failed", 0.1),
    ]  # fmt: skip
    record = tmp_path / "record"
    record.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    recorded = Recorded(record)

    def asked(text: str) -> list[str]:
        of_file = changes_of(tmp_path, file)
        change = next(c for c in of_file if c.before == text and c.kind == "arithmetic")
        return [test.removeprefix("t::") for test in recorded.tests_that_run(change, tmp_path)]

    assert asked("a + 5") == ["slow"]
    assert asked("3 * 3") == ["slow"]  # a constant of the file is seen where it is named
    assert asked("a - 6") == ["quick"]  # of the statement's lines only some are seen
    assert asked("a * 8") == ["other", "quick", "slow"]  # its line also runs while it is read
    assert asked("2 + 1") == asked("1 + 1") == ["other", "quick", "slow"]
    assert asked("7 + 1") == ["other", "quick", "slow"]  # kept: who calls first is chance
    elsewhere = Change("edge/wire/other.py", "removed", 1, 0, 0, "", "")
    assert recorded.tests_that_run(elsewhere, tmp_path) == []


READ = b"""
LIMIT = 3

def over(a, least=LIMIT):
    def more(b):
        return b + a
    return more(1) > least

class Kept:
    most = 5
    @property
    def whole(self):
        return [x for x in range(4) if x > 2]
    class Inner:
        def of(self):
            return 8
"""


@pytest.mark.parametrize(
    ("before", "after", "is_within"),
    [(b"b + a", b"b - a", True), (b"more(1) > least", b"more(1) >= least", True),
     (b"x > 2", b"x >= 2", True), (b"return 8", b"pass", True), (b"LIMIT = 3", b"LIMIT = 4", False),
     (b"least=LIMIT", b"least=2", False), (b"most = 5", b"most = 6", False),
     (b"@property", b"@staticmethod", False), (b"def whole(self)", b"def other(self)", False)],
)  # fmt: skip
def test_what_is_only_done_in_a_call_may_be_changed_after_it_was_read(
    before: bytes, after: bytes, is_within: bool
) -> None:
    changed = READ.replace(before, after)
    assert is_within_functions(READ, changed) is is_within
    assert not is_within_functions(b"import numba\n" + READ, b"import numba\n" + changed)


def test_functions_that_were_read_do_what_the_changed_file_says() -> None:
    read: dict[str, Any] = {}
    exec(compile(READ, "some.py", "exec"), read)  # noqa: S102
    kept, over = read["Kept"](), read["over"]
    assert (over(2), over(3), kept.whole, kept.Inner().of()) == (False, True, [3], 8)
    changed = READ.replace(b"b + a", b"b + a + 1").replace(b"x > 2", b"x > 1")
    apply("some.py", READ, changed.replace(b"return 8", b"return 9"))
    assert (over(2), over(1), kept.whole, kept.Inner().of()) == (True, False, [2, 3], 9)


@pytest.mark.timeout(900)
def test_a_change_that_matters_is_seen_and_one_that_does_not_lives(tmp_path: Path) -> None:
    tests = ["tests/mqtt/test_backoff.py"]
    file = "edge/mqtt/backoff.py"
    matters = next(c for c in changes_of(ROOT, file) if c.kind == "return")
    space = Change(file, matters.kind, matters.line, matters.end, matters.end, "", "  # nothing")
    breaks = Change("tests/conftest.py", "removed", 1, 0, 0, "", "1 + None\n")
    with closing(Tree(tmp_path)) as tree:
        seen = tree.seen_by(matters, tests, 600.0)
        assert seen.seen_by.startswith("tests/mqtt/test_backoff.py::")
        lives = tree.seen_by(space, tests, 600.0)
        assert not lives.seen_by
        assert lives.asked > 0
        with tree._changed(breaks):
            assert tree.first_failure(tests, 600.0, changed=True) == "pytest does not begin"
        tree.gather(tests)  # which are recorded by now
        assert tree.seen_by(matters, tests, 600.0).seen_by == seen.seen_by
        assert not tree.seen_by(space, tests, 600.0).seen_by
