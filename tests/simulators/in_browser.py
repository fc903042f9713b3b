"""A browser that is logged in to the pages, and notes what went wrong."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page
from simulators.served_pages import ServedPages

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def entered(
    chrome: Browser, served: ServedPages, name: str = "anna", password: str = "", **context: Any
) -> tuple[BrowserContext, Page]:
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
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(password or served.password)
    page.locator("main button").click()
    page.wait_for_url("**/visits/")
    return opened, page
