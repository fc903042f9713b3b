"""The pages in a real browser: what people do with them, and what no page may do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.in_browser import DESK, PHONE, entered
from simulators.pages_world import CODE, DEAD_SHA256, MODEL_SHA256, deliver, visit
from simulators.served_pages import ServedPages

from edge.results.outbox import Outbox

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]  # many pages, one browser

PATHS = (
    "/visits/", "/visits/north/hall-1/autumn/", f"/people/north/{CODE}/", "/stations/",
    "/stations/north/hall-1/", "/stations/north/hall-1/screen/", f"/people/north/{CODE}/erase/",
    "/accounts/", "/audit/", "/me/", "/stations/north/hall-1/session/",
    "/stations/north/hall-1/session/s-1/movements/", "/stations/north/hall-1/aim/", "/letters/",
    f"/letters/dead-letters/{DEAD_SHA256}/", "/roll-outs/", f"/roll-outs/{MODEL_SHA256}/",
)  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPages]:
    with ServedPages(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_is_wrong_hard_to_use_or_asks_others(
    chrome: Browser, served: ServedPages, size: dict[str, int]
) -> None:
    context, page = entered(chrome, served, viewport=size)
    for path in PATHS:
        page.goto(path)
        found = Axe().run(page).response["violations"]
        serious = [v["id"] for v in found if v["impact"] in ("serious", "critical")]
        assert serious == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, path
    assert page.wrong == []  # type: ignore[attr-defined]
    context.close()


def test_a_result_that_comes_in_appears_by_itself(chrome: Browser, served: ServedPages) -> None:
    context, page = entered(chrome, served)
    expect(page.get_by_text("just-now")).to_have_count(0)
    with SqliteStore(Path(served.store)) as store, Outbox.open(
        served.folder / "late.db", site="north", station="hall-1", limit_bytes=10_000_000,
        at_limit="refuse",
    ) as outbox:  # fmt: skip
        outbox.accept(visit("just-now", 1.0)[0])
        deliver(store, outbox, "north")
    expect(page.get_by_text("just-now")).to_be_visible(timeout=5_000)
    context.close()


def test_keys_alone_lead_from_the_door_to_a_visit(chrome: Browser, served: ServedPages) -> None:
    context = chrome.new_context(base_url=served.address)
    page = context.new_page()
    page.goto("/enter/")  # the cursor stands in the first field
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type(served.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/visits/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("To the content")).to_be_focused()
    page.get_by_label("Code").focus()
    page.keyboard.type(CODE)
    page.keyboard.press("Enter")
    page.wait_for_url("**code=*")
    for _ in range(40):
        if page.evaluate("document.activeElement.pathname || ''").endswith("/autumn/"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/autumn/")
    expect(page.get_by_role("heading", level=1)).to_have_text(CODE)
    context.close()


def test_the_sheet_prints_on_one_page(chrome: Browser, served: ServedPages) -> None:
    context, page = entered(chrome, served)
    for language in ("en", "zh", "ko", "ja"):
        page.goto(f"/visits/north/hall-1/autumn/sheet/?lang={language}")
        assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
    context.close()


def test_logging_out_ends_the_session(chrome: Browser, served: ServedPages) -> None:
    context, page = entered(chrome, served)
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/enter/**")
    page.goto("/visits/")
    assert "/enter/" in page.url
    context.close()


def test_a_store_that_is_gone_is_said(chrome: Browser, served: ServedPages) -> None:
    context, page = entered(chrome, served)
    store = Path(served.store)
    away = store.with_suffix(".away")
    store.rename(away)
    try:
        page.goto("/visits/")
        expect(page.get_by_role("heading", level=1)).to_have_text("The store cannot be reached")
    finally:
        away.rename(store)
    page.goto("/visits/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Visits")
    context.close()
