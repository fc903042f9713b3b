"""The pages as a program of its own, and a browser that is logged in and notes what went wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, Page
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from simulators.pages_world import fill

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
_PROGRAM = (sys.executable, "-m", "posture_tools.collector")


class Served:
    """A server over a filled store, and an administrator's password. before : done to the store."""

    def __init__(self, folder: Path, *options: str, before: Callable[[Store], None]) -> None:
        store = folder / "collector.db"
        fill(store, folder)
        with SqliteStore(store) as opened:
            before(opened)
        made = subprocess.run(
            [*_PROGRAM, "account", "add", "anna", "--role", "admin", "--store", str(store)],
            check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.password = made.stdout.partition("Password: ")[2].strip()
        self.process = subprocess.Popen(
            [*_PROGRAM, "serve", "--port", "0", "--store", str(store), *options],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().split()[-1].rstrip("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate(timeout=30)


def entered(chrome: Browser, served: Served, **context: Any) -> tuple[BrowserContext, Page]:
    """A page that is logged in, and keeps what went wrong in `page.wrong`."""
    opened = chrome.new_context(base_url=served.address, **context)
    page = opened.new_page()
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda r: None if r.url.startswith((served.address, "data:")) else wrong.append(r.url),
    )
    page.wrong = wrong  # type: ignore[attr-defined]
    page.goto("/enter/")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill(served.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/visits/")
    return opened, page
