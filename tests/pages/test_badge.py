"""A code shown as a badge: read by a station's own reader, and by a browser with a camera.

The browser's camera is a file that holds what the page itself has shown; its reader of codes, which
Debian's chromium lacks, is OpenCV's, given the very frames that the page gives it.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from simulators.in_browser import entered as in_browser
from simulators.served_pages import ServedPages

from edge.records import Frame
from edge.screening.admission import Admission

BADGE = "/people/north/P-0042/badge/"
SCREEN = "/stations/north/hall-1/screen/"
READER = """
window.BarcodeDetector = class {
  async detect(video) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    if (!canvas.width) return [];
    canvas.getContext("2d").drawImage(video, 0, 0);
    const rawValue = await window.decoded(canvas.toDataURL("image/png"));
    return rawValue ? [{ rawValue }] : [];
  }
};
"""


def decoded(address: str) -> str:
    data = np.frombuffer(b64decode(address.partition(",")[2]), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return "" if image is None else cv2.QRCodeDetector().detectAndDecode(image)[0]


def test_a_badge_says_what_was_agreed_to_and_is_logged(entered: Callable[..., Any]) -> None:
    from posture_tools.pages.models import AuditLine

    client = entered("operator")
    page = client.get(BADGE).content.decode()
    assert "<img" not in page, "nobody has said which text was agreed to"
    page = client.get(f"{BADGE}?version=2026-05").content.decode()
    assert "data:image/svg+xml" in page
    newest = AuditLine.objects.latest("pk")
    assert (newest.what, newest.site, newest.about) == ("badge", "north", "P-0042")
    assert "<img" not in client.get(f"{BADGE}?version=a:b").content.decode()
    assert client.get("/people/north/a:b/badge/?version=1").status_code == 404


def test_the_start_page_leads_to_the_badge_of_what_was_typed(entered: Callable[..., Any]) -> None:
    client = entered("operator")
    asked = {"code": "PS1:p-9:2026-05", "badge": "1"}
    answer = client.post(SCREEN, asked)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/people/north/p-9/badge/?version=2026-05"
    assert client.post(SCREEN, {"code": "p-9", "badge": "1"}).status_code == 409


def test_only_the_pages_that_scan_may_ask_for_a_camera(entered: Callable[..., Any]) -> None:
    client = entered("operator")
    for path, policy in ((SCREEN, "camera=(self)"), ("/uploads/north/", "camera=(self)"),
                         ("/visits/", "camera=()"), (BADGE, "camera=()")):  # fmt: skip
        assert client.get(path).headers["Permissions-Policy"].startswith(policy), path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPages]:
    with ServedPages(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture(scope="module")
def shot(browser: str, served: ServedPages, tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """The badge as a page shows it, on a dark screen."""
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        _, page = in_browser(chrome, served, color_scheme="dark")
        page.goto(f"{BADGE}?version=2026-05")
        data = np.frombuffer(page.screenshot(), np.uint8)
        chrome.close()
    image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert image is not None
    return image


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_station_reads_the_badge_that_a_screen_shows(shot: np.ndarray) -> None:
    admission = Admission("asked")
    admission.look(Frame(shot, 1, 1))
    assert admission.awaited == "P-0042"


def camera(playwright: Any, browser: str, film: Path | None) -> Browser:
    shown = [] if film is None else [
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]  # fmt: skip
    return playwright.chromium.launch(
        executable_path=browser, args=["--no-sandbox", "--disable-dev-shm-usage", *shown]
    )


def scanning(chrome: Browser, served: ServedPages) -> Page:
    _, page = in_browser(chrome, served)
    page.expose_function("decoded", decoded)
    page.add_init_script(READER)
    page.goto(SCREEN)
    return page


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_browser_with_a_camera_fills_in_code_and_version(
    browser: str, served: ServedPages, shot: np.ndarray, tmp_path: Path
) -> None:
    frame = cv2.resize(shot, (640, 450), interpolation=cv2.INTER_AREA)[:, :640]
    frame = cv2.copyMakeBorder(frame, 15, 15, 0, 0, cv2.BORDER_REPLICATE)
    film = tmp_path / "badge.mjpeg"
    film.write_bytes(cv2.imencode(".jpg", frame)[1].tobytes() * 4)
    with sync_playwright() as playwright:
        chrome = camera(playwright, browser, film)
        page = scanning(chrome, served)
        page.get_by_role("button", name="Read a badge").click()
        expect(page.get_by_label("Code", exact=True)).to_have_value("P-0042", timeout=60_000)
        expect(page.get_by_label("Version of the text")).to_have_value("2026-05")
        expect(page.get_by_text("Read.")).to_be_visible()
        assert page.evaluate("document.querySelector('video').srcObject") is None, "it is let go"
        assert page.wrong == []  # type: ignore[attr-defined]
        chrome.close()


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_without_a_camera_or_a_reader_one_types(browser: str, served: ServedPages) -> None:
    with sync_playwright() as playwright:
        chrome = camera(playwright, browser, None)
        page = scanning(chrome, served)
        page.get_by_role("button", name="Read a badge").click()
        expect(page.get_by_text("The camera cannot be used here. Type the code.")).to_be_visible()
        _, plain = in_browser(chrome, served)
        plain.goto(SCREEN)
        assert plain.evaluate("'BarcodeDetector' in window") is False
        expect(plain.get_by_role("button", name="Read a badge")).to_have_count(0)
        expect(plain.get_by_label("Code", exact=True)).to_be_focused()
        chrome.close()
