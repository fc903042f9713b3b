"""The pages as `posture-collector serve` serves them: a process of its own, over either body."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import requests
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from simulators.pages_world import fill, fill_store

_PROGRAM = (sys.executable, "-m", "posture_tools.collector")
_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class ServedPages:
    """A filled store and its server. store : a file that is made, or the address of a database.

    more : further words of `serve`. verify : the certificate that speaks for the pages.
    before : done to a file's store once it is filled.
    """

    def __init__(
        self,
        folder: Path,
        store: str = "",
        more: Sequence[str] = (),
        verify: str = "",
        before: Callable[[Store], None] = lambda _: None,
    ) -> None:
        self.folder = folder
        self.store, self.verify = store or str(folder / "collector.db"), verify
        self._env = {**os.environ, "HOME": str(folder)}
        if store:
            with PostgresStore(store, folder / "filled.erasures") as opened:
                fill_store(opened, folder)
        else:
            fill(Path(self.store), folder)
            with SqliteStore(Path(self.store)) as opened:
                before(opened)
        self.password = self.account("anna", "--role", "admin")
        self.process = subprocess.Popen(
            [*_PROGRAM, "serve", *([] if "--port" in more else ["--port", "0"]),
             "--store", self.store, *more],
            stdout=subprocess.PIPE, text=True, env=self._env,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().split()[-1].rstrip("/")

    def account(self, name: str, *words: str, act: str = "add") -> str:
        """Make or change one by the command; its password, or what the command said."""
        said = subprocess.run(
            [*_PROGRAM, "account", act, name, *words, "--store", self.store],
            check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=self._env,
        ).stdout  # fmt: skip
        return said.partition("Password: ")[2].strip() or said.strip()

    def browser(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # a machine's own authorities would stand before `verify`
        session.verify = self.verify or True
        return session

    def entered(self, name: str = "anna", password: str = "") -> requests.Session:
        """Somebody who has logged in."""
        session = self.browser()
        answer = post(session, f"{self.address}/enter/", username=name,
                      password=password or self.password)  # fmt: skip
        assert answer.status_code == 200, answer.text
        assert "/enter/" not in answer.url
        return session

    def close(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def post(
    session: requests.Session,
    url: str,
    files: dict[str, tuple[str, bytes, str]] | None = None,
    **given: str,
) -> requests.Response:
    """Fill in the form of a page and send it, as a browser would. files : name, content and kind
    of a field's."""
    page = session.get(url, timeout=60)
    found = _CSRF.search(page.text)
    assert found, page.text
    return session.post(
        url, data={"csrfmiddlewaretoken": found[1], **given}, files=files,
        headers={"Referer": url}, timeout=300,
    )  # fmt: skip
