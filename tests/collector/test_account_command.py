"""`posture-collector account`: passwords that are made up, and those that are typed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

# The pages' settings are read once in a process; the two words are what a person types.
TYPED = """
import getpass, sys
from posture_tools.collector.__main__ import main
class Terminal:
    def isatty(self):
        return True
words = iter(sys.argv[1:3])
sys.stdin, getpass.getpass = Terminal(), lambda _prompt: next(words)
sys.exit(main(sys.argv[3:]))
"""


def add(tmp_path: Path, *program: str) -> tuple[int, str]:
    asked = ("account", "add", "anna", "--role", "admin", "--store", str(tmp_path / "c.db"))
    ended = subprocess.run(
        [sys.executable, *program, *asked],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


def test_a_password_that_is_made_up_has_sixteen_letters(tmp_path: Path) -> None:
    status, said = add(tmp_path, "-m", "posture_tools.collector")
    assert status == 0, said
    found = re.search(r" Password: ([\w-]+)$", said.strip())
    assert found is not None
    assert len(found[1]) == 16


@pytest.mark.parametrize(("again", "status"), [("the same long words", 0), ("others", 2)])
def test_a_password_is_typed_twice_alike(tmp_path: Path, again: str, status: int) -> None:
    ended, said = add(tmp_path, "-c", TYPED, "the same long words", again)
    assert ended == status, said
    assert ("The two are not the same" in said) is bool(status)
    assert "the same long words" not in said
