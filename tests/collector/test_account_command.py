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


SEVERAL = """
import sys
from pathlib import Path
from posture_tools.collector.__main__ import main
from posture_tools.pages import serve
for words in sys.argv[2:]:
    print(main(["account", *words.split(), "--store", sys.argv[1]]), flush=True)
    serve.prepare = lambda config: None  # once in a process
from posture_tools.pages.models import Account
for account in Account.objects.all():
    print(account.name, account.role, account.check_password("x"), repr(account.subject))
"""


def test_what_else_is_done_to_an_account(tmp_path: Path) -> None:
    words = ("add anna --sign-on", "add ben --role admin", "forget-sign-on anna",
             "forget-phone ben", "remove ben", "reset ben", "add anna")  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", SEVERAL, str(tmp_path / "c.db"), *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = ended.stdout.splitlines()
    assert said[:2] == ["anna may log in as viewer.", "0"]
    assert said[2].startswith("ben may log in as admin. Password: ")
    assert said[3:] == [
        "0",
        "Whoever the provider next vouches for as anna gets this account.",
        "0",
        "ben has no second factor.",
        "0",
        "ben is gone, and logged out everywhere.",
        "0",
        "2",
        "2",
        "anna viewer False ''",
    ]
    assert "There is no account ben.\nMake it: account add." in ended.stderr
    assert "There is an account anna already." in ended.stderr
