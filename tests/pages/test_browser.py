"""The pages in a real browser: what people do with them, and what no page may do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import APIResponse, Browser, Page, expect
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from posture_tools.uploads.uploading import Uploads
from simulators.in_browser import DESK, PHONE, entered
from simulators.pages_table import paths_of
from simulators.pages_world import CODE, HOOK_HOST, deliver, tell, visit
from simulators.served_pages import ServedPages
from simulators.uploaded import SESSION, give
from simulators.waiting import eventually

from edge.results.outbox import Outbox

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]  # many pages, one browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPages]:
    folder = tmp_path_factory.mktemp("served")
    with ServedPages(folder, more=["--uploads"], before=prepare) as served:
        yield served


def prepare(store: Store) -> None:
    """Everything that a page can show: what a station says of itself, a hook, a photograph."""
    tell(store)
    uploads = Uploads(store)
    give(uploads, SESSION)
    uploads.close()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("role", "size", "locale"),
    [("viewer", DESK, "en-GB"), ("operator", PHONE, "ja-JP"), ("admin", DESK, "ko-KR"),
     ("admin", PHONE, "en-GB")],
    ids=["viewer-desk", "operator-phone", "admin-desk", "admin-phone"],
)  # fmt: skip
def test_no_page_of_any_role_is_wrong_hard_to_use_or_asks_others(
    chrome: Browser, served: ServedPages, role: str, size: dict[str, int], locale: str
) -> None:
    """Every address of the table that this role may open and that is a page."""
    name = f"{role}-{size['width']}"
    password = served.account(name, "--role", role)
    context, page = entered(chrome, served, name, password, viewport=size, locale=locale)
    seen = []
    for path in paths_of(role):
        answer = context.request.get(path)
        assert answer.ok, path
        if not is_text(answer) or "<main" not in answer.text()[:20_000]:
            continue  # rows, a picture, a download, a printer's sheet
        page.goto(path)
        found = Axe().run(page).response["violations"]
        serious = [v["id"] for v in found if v["impact"] in ("serious", "critical")]
        assert serious == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, path
        seen.append(path)
    assert page.wrong == []  # type: ignore[attr-defined]
    assert len(seen) >= {"viewer": 11, "operator": 19, "admin": 25}[role]
    context.close()


def is_text(answer: APIResponse) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_the_doors_are_right_before_anybody_has_entered(
    chrome: Browser, served: ServedPages, locale: str
) -> None:
    context = chrome.new_context(base_url=served.address, locale=locale)
    page = context.new_page()
    for path in ("/enter/", "/sign-on/refused/"):
        page.goto(path)
        found = Axe().run(page).response["violations"]
        assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == [], path
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


def tab_to(page: Page, words: str) -> None:
    """With the keyboard alone, to what is called so."""
    for _ in range(60):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "(e => (e.labels && e.labels[0] || e).innerText || e.value || '')"
            "(document.activeElement)"
        )
        if told.strip().startswith(words):
            return
    raise AssertionError(f"Tab leads to no {words!r}")


def test_keys_alone_add_a_webhook_and_take_it_away(chrome: Browser, served: ServedPages) -> None:
    context, page = entered(chrome, served)
    page.goto("/accounts/")
    tab_to(page, "Webhooks")
    page.keyboard.press("Enter")
    page.wait_for_url("**/webhooks/")
    tab_to(page, "Name")
    page.keyboard.type("by-keys")
    page.keyboard.press("Tab")
    page.keyboard.type(HOOK_HOST)  # chooses in a list
    tab_to(page, "Path")
    page.keyboard.press("Control+a")
    page.keyboard.type("/keys")
    page.keyboard.press("Enter")
    expect(page.get_by_text("shown this once")).to_be_visible()
    expect(page.get_by_text(f"https://{HOOK_HOST}/keys")).to_be_visible()
    page.get_by_role("button", name="Remove by-keys").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"https://{HOOK_HOST}/keys")).to_have_count(0)
    assert page.wrong == []  # type: ignore[attr-defined]
    context.close()


def test_keys_alone_lead_from_a_station_to_a_badge(chrome: Browser, served: ServedPages) -> None:
    context, page = entered(chrome, served)
    page.goto("/stations/north/hall-1/screen/")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    page.keyboard.type("P-0900")
    page.keyboard.press("Tab")
    page.keyboard.type("2026-05")
    tab_to(page, "Show as a badge")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/north/P-0900/badge/?version=2026-05")
    expect(page.get_by_role("img", name="Badge P-0900")).to_be_visible()
    assert page.wrong == []  # type: ignore[attr-defined]
    context.close()


def test_keys_alone_upload_no_file_and_are_told_so(chrome: Browser, served: ServedPages) -> None:
    context, page = entered(chrome, served)
    page.goto("/uploads/north/")
    tab_to(page, "Code")
    page.keyboard.type("PS1:P-0901:2026-05")
    page.keyboard.press("Enter")
    invalid = page.evaluate("document.querySelector('[name=photos]').matches(':invalid')")
    assert invalid, "the browser says what is missing, and nothing is sent"
    assert page.url.endswith("/uploads/north/")
    context.close()


def test_the_sheet_prints_on_one_page(chrome: Browser, served: ServedPages) -> None:
    context, page = entered(chrome, served)
    for language in ("en", "zh", "ko", "ja"):
        page.goto(f"/visits/north/hall-1/autumn/sheet/?lang={language}")
        assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
    context.close()


def test_print_prints_the_sheet(chrome: Browser, served: ServedPages) -> None:
    context, page = entered(chrome, served)
    context.add_init_script("window.print = () => { window.printed = true; }")
    page.goto("/visits/north/hall-1/autumn/")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Print").click()
    eventually(lambda: opened.value.evaluate("window.printed === true"))
    assert opened.value.url.endswith("/autumn/sheet/?lang=en")
    assert page.wrong == []  # type: ignore[attr-defined]
    context.close()


def test_a_page_that_is_left_open_goes_when_its_session_has_ended(
    chrome: Browser, served: ServedPages
) -> None:
    """A tablet lies about with somebody's results: nobody touches it, no table renews itself."""
    password = served.account("forgetful")
    context, page = entered(chrome, served, "forgetful", password)
    page.clock.install()
    page.goto("/visits/north/hall-1/autumn/")
    served.account("forgetful", act="remove")
    page.clock.fast_forward(19 * 60_000)
    page.keyboard.press("Shift")  # somebody reads
    page.clock.fast_forward(19 * 60_000)
    expect(page.get_by_role("heading", level=1)).to_have_text(CODE)
    page.clock.fast_forward(2 * 60_000)
    page.wait_for_url("**/enter/**")
    expect(page.get_by_text(CODE)).to_have_count(0)
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
