"""pytest that has read the product and its tests once, and forks for each change.

Reading them takes longer than most tests. Asked by a line of JSON on its input, a child makes a
change within functions and runs tests; the answer is a line.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import traceback
from typing import Any

import pytest

from mutation.patching import apply

_OPTIONS = ("-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning",
            "--continue-on-collection-errors", "--timeout=60")  # fmt: skip
CANNOT = "cannot be made in a function that was read"


class _Server:
    """A plugin that runs its tests again and again instead of once."""

    def __init__(self, asked: int, answers: int) -> None:
        self._asked, self._answers = asked, answers
        self._failed = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed = self._failed or report.nodeid

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        self._say(sorted(items))
        with os.fdopen(self._asked) as lines:
            for line in lines:
                asked = json.loads(line)
                chosen = [items[name] for name in asked["tests"]]
                self._say(self._first_failure(chosen, asked))
        return True

    def _say(self, said: object) -> None:
        os.write(self._answers, json.dumps(said).encode() + b"\n")

    def _first_failure(self, chosen: list[pytest.Item], asked: dict[str, Any]) -> str:
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(theirs, b"=" + self._run(chosen, asked).encode())
            finally:
                traceback.print_exc()
                os._exit(0)
        death = os.pidfd_open(child)
        ended = select.select([ours, death], [], [], asked["limit_s"])[0]
        said = os.read(ours, 65536).decode() if ours in ended else ""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # with the programs that tests started and left
        os.waitpid(child, 0)
        for end in (ours, theirs, death):
            os.close(end)
        if said:
            return said[1:]
        return "it died" if ended else "timeout"

    def _run(self, chosen: list[pytest.Item], asked: dict[str, Any]) -> str:
        """In the child."""
        os.setsid()
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        if asked["path"]:
            try:
                apply(asked["path"], asked["before"].encode(), asked["after"].encode())
            except ValueError:
                return CANNOT
        for item, following in zip(chosen, [*chosen[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                break
        return self._failed


def main() -> None:
    """Words: a file for what pytest says, a folder for tests, and their files."""
    asked, answers = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    said, scratch, *files = sys.argv[1:]
    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream in (1, 2):
        os.dup2(output, stream)
    pytest.main([*_OPTIONS, f"--basetemp={scratch}", *files], plugins=[_Server(asked, answers)])


if __name__ == "__main__":
    main()
