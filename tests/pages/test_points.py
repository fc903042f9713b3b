"""Moving a point in a real browser: by finger, by keys, undone, saved, on a desk and a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from posture_tools.collector.store import Store
from posture_tools.uploads.uploading import Uploads
from simulators.in_browser import DESK, PHONE, entered
from simulators.served_pages import ServedPages
from simulators.uploaded import SESSION, give, jpeg, rendered

pytestmark = pytest.mark.browser
PATH = f"/uploads/north/{SESSION}/1/"


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPages]:
    folder = tmp_path_factory.mktemp("served")
    with ServedPages(folder, more=["--uploads"], before=prepare) as served:
        yield served


def prepare(store: Store) -> None:
    uploads = Uploads(store)
    give(uploads, SESSION)
    uploads.close()


def now(page: Page, measure: str = "Shoulder tilt") -> str:
    row = page.locator("#measures tr", has_text=measure).first
    return row.locator("td").last.inner_text()


def handle(page: Page, name: str = "left shoulder") -> Locator:
    return page.locator("#handles").get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_point_is_dragged_and_the_measures_follow(
    chrome: Browser, served: ServedPages, size: dict[str, int]
) -> None:
    context, page = entered(chrome, served, viewport=size)
    page.goto(PATH)
    before = now(page)
    shoulder = handle(page)
    shoulder.scroll_into_view_if_needed()
    box = shoulder.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 20, steps=4)
    expect(page.locator("#loupe")).to_be_visible()
    page.mouse.up()
    expect(page.locator("#count")).to_have_text("1")
    expect(page.locator("#measures tr.changed", has_text="Shoulder tilt").first).to_be_visible()
    assert now(page) != before
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#count")).to_have_text("0")
    expect(page.locator("#measures tr.changed")).to_have_count(0)
    assert now(page) == before
    assert page.wrong == []  # type: ignore[attr-defined]
    context.close()


def test_keys_alone_move_take_away_add_and_save(chrome: Browser, served: ServedPages) -> None:
    context, page = entered(chrome, served)
    page.goto(PATH)
    handle(page).focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#count")).to_have_text("1")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    handle(page, "left ear").focus()
    page.keyboard.press("Delete")
    expect(page.locator("#count")).to_have_text("2")
    expect(handle(page, "left ear")).to_have_count(0)
    page.get_by_label("Add a point").select_option(label="C7")
    expect(handle(page, "C7")).to_be_focused()
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator("#count")).to_have_text("3")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.locator("#count")).to_have_text("3")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_role("link", name="The visit").click()
    expect(page.get_by_text("Set by hand by anna")).to_be_visible()
    page.get_by_role("link", name="Show the first answer").click()
    expect(page.get_by_text("Set by hand by anna")).to_have_count(0)
    assert page.wrong == []  # type: ignore[attr-defined]
    context.close()


def test_a_photograph_is_uploaded_reviewed_and_deleted(
    chrome: Browser, served: ServedPages
) -> None:
    context, page = entered(chrome, served)
    page.goto("/uploads/north/")
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    photo = {"name": "front.jpg", "mimeType": "image/jpeg", "buffer": jpeg(rendered())}
    page.get_by_label("Photographs").set_input_files([photo])
    page.get_by_label("Code").fill("P-0300")
    page.get_by_label("Version of the text").fill("2026-05")
    page.get_by_role("button", name="Upload and measure").click(timeout=100_000)
    page.wait_for_url("**/uploads/north/up-*/1/", timeout=100_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("P-0300")
    page.get_by_role("button", name="Reviewed").click()
    expect(page.get_by_text("The pictures of this visit have been deleted")).to_be_visible()
    assert page.wrong == []  # type: ignore[attr-defined]
    context.close()


@pytest.mark.shared
@pytest.mark.timeout(400)
def test_a_real_photograph_goes_the_whole_way(
    chrome: Browser, served: ServedPages, shared: Path
) -> None:
    """Not rendered: a camera's file with all that is in it, found, measured, shown and deleted."""
    photo = shared / "photos" / "fashion_freepik" / "images" / "000088.jpg"
    context, page = entered(chrome, served)
    page.goto("/uploads/north/")
    page.get_by_label("Photographs").set_input_files(photo)
    page.get_by_label("Code").fill("P-0400")
    page.get_by_label("Version of the text").fill("2026-05")
    page.get_by_role("button", name="Upload and measure").click(timeout=200_000)
    page.wait_for_url("**/uploads/north/up-*/1/", timeout=200_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("P-0400")
    for name in ("left shoulder", "right shoulder", "left hip", "right knee"):
        expect(handle(page, name)).to_have_count(1)
    assert re.search(r"\d", now(page)), "a measure of it has a number"
    page.get_by_role("link", name="The visit").click()
    expect(page.locator(".plumb").first).to_be_attached()
    page.go_back()
    page.get_by_role("button", name="Reviewed").click()
    expect(page.get_by_text("The pictures of this visit have been deleted")).to_be_visible()
    assert page.wrong == []  # type: ignore[attr-defined]
    context.close()


def test_a_server_that_is_gone_keeps_the_points(chrome: Browser, served: ServedPages) -> None:
    context, page = entered(chrome, served)
    page.goto(PATH)
    handle(page).focus()
    served.process.terminate()
    served.process.communicate(timeout=30)
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_text("Your points are still here")).to_be_visible()
    expect(page.locator("#count")).to_have_text("1")
    context.close()
