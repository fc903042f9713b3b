"""An operator before a real browser, a rendered person before a real station, a broker between."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.in_browser import entered
from simulators.mosquitto import Mosquitto
from simulators.served_pages import ServedPages
from simulators.waiting import eventually

from edge.mqtt.connection import open_best
from edge.mqtt.events import Arrived
from edge.wire.codec import decode
from edge.wire.presence import Birth
from edge.wire.topics import Topics

pytestmark = [pytest.mark.browser, pytest.mark.broker, pytest.mark.timeout(600)]

_COLLECTOR = (sys.executable, "-m", "posture_tools.collector")
_SOON_MS = 30_000  # on a machine that renders, measures and shows at once
SITE, STATION = "north", "wall-1"
HERE = f"/stations/{SITE}/{STATION}"


class Hall(ServedPages):
    """A station that somebody rendered stands before, its collector, and pages that command it."""

    def __init__(self, folder: Path, mosquitto: str, stack: ExitStack) -> None:
        self.broker = stack.enter_context(Mosquitto(mosquitto, folder / "broker"))
        to_broker = ("--broker", f"127.0.0.1:{self.broker.port}", "--site", SITE)
        super().__init__(folder, more=("--commands", *to_broker))
        stack.callback(self.end, self.process)
        collector = (*_COLLECTOR, "run", *to_broker, "--store", self.store)
        stack.callback(self.end, subprocess.Popen(collector, stdout=subprocess.DEVNULL))
        settings = folder / "station.toml"
        settings.write_text(
            f'site = "{SITE}"\nstation = "{STATION}"\nstate_dir = "{folder / "state"}"\n'
            '[camera]\nsource = "mannequin:?view=front&seconds=3000&fps=4&sway=0"\n'
            f'[mqtt]\nhost = "127.0.0.1"\nport = {self.broker.port}\n'
            '[screening]\nstart = "asked"\nrepeats = 1\nhold_s = 5.0\nsettle_s = 0.5\n'
            '[models]\nmode = "bottom-up"\nclose = "none"\n'
        )
        station = (sys.executable, "-m", "edge", "--settings", str(settings), "run")
        self.log = (folder / "station.log").open("wb")
        self.station = subprocess.Popen(station, stdout=self.log, stderr=subprocess.STDOUT)
        stack.callback(self.end, self.station)

    @staticmethod
    def end(process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        process.communicate(timeout=30)

    def born(self) -> bool:
        with SqliteStore(Path(self.store)) as store:
            rows = store.rows("SELECT birth FROM station WHERE station = ?", (STATION,))
            return bool(rows) and "aim" in decode(bytes(rows[0][0]), Birth).commands

    def results(self, kind: str) -> list[dict]:
        with SqliteStore(Path(self.store)) as store:
            rows = store.rows(
                "SELECT body FROM result WHERE station = ? AND kind = ? ORDER BY seq",
                (STATION, kind),
            )
        return [json.loads(body) for (body,) in rows]


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory, mosquitto: str) -> Iterator[Hall]:
    with ExitStack() as stack:
        hall = Hall(tmp_path_factory.mktemp("hall"), mosquitto, stack)
        eventually(hall.born, within_s=120.0)
        yield hall
        hall.log.close()


@pytest.fixture(scope="module")
def page(chrome: Browser, hall: Hall) -> Page:
    _, page = entered(chrome, hall)
    page.set_default_timeout(_SOON_MS)
    return page


def fine(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    assert page.wrong == []  # type: ignore[attr-defined]


def test_the_camera_is_aimed_by_points_alone(page: Page, hall: Hall) -> None:
    page.goto(f"{HERE}/aim/")
    page.get_by_label("Stature").fill("1780")
    page.get_by_role("button", name="Begin to aim").click()
    expect(page.get_by_text("The station is being aimed.")).to_be_visible()
    expect(page.locator("svg.aimed circle").first).to_be_visible(timeout=_SOON_MS)
    expect(page.locator("dd .good")).to_have_text("yes", timeout=_SOON_MS)
    assert page.locator("#now img, #now canvas, #now image").count() == 0
    fine(page)
    page.get_by_role("button", name="End").click()
    expect(page.get_by_text("Aiming has ended.")).to_be_visible()
    assert hall.results("posture") == []


def test_an_operator_follows_a_screening_repeats_a_view_scores_and_ends_it(
    page: Page, hall: Hall
) -> None:
    page.goto(f"{HERE}/screen/")
    page.get_by_label("Code", exact=True).fill("PS1:p-17:2026-05")  # as a code reader types
    page.get_by_label("The person has agreed").check()
    page.get_by_label("Footwear").select_option("barefoot")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("The station waits for p-17.")).to_be_visible()
    page.get_by_role("link", name="Follow the session").click()

    prompt = page.locator(".prompt")
    expect(page.locator("dd", has_text="p-17")).to_be_visible(timeout=_SOON_MS)
    expect(prompt).to_have_attribute("data-code", re.compile("settling|holding|moving"))
    expect(prompt).to_have_attribute("data-code", "turn_right", timeout=3 * _SOON_MS)
    fine(page)
    eventually(lambda: len(hall.results("posture")) == 1, within_s=30.0)
    page.get_by_role("button", name="Repeat: Front").click()
    expect(page.get_by_text("asks for this view once more: Front")).to_be_visible()
    expect(prompt).to_have_attribute("data-code", "turn_right", timeout=3 * _SOON_MS)
    eventually(lambda: len(hall.results("posture")) == 2, within_s=30.0)
    first, second = hall.results("posture")
    assert (first["session"], first["view"]) == (second["session"], second["view"])
    assert first["consent"]["version"] == "2026-05"

    page.get_by_role("link", name="Seven movements").click()
    page.get_by_label("Seven movements").select_option("deep_squat")
    page.get_by_role("button", name="Film", exact=True).click()
    expect(page.locator(".prompt")).to_contain_text("Filming: Deep squat")
    page.get_by_role("button", name="Stop filming").click()
    expect(page.locator("#now .problem")).to_be_visible()  # nobody moved
    page.get_by_label("Seven movements").select_option("deep_squat")
    page.get_by_label("Score").select_option("2")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Confirmed: 2")).to_be_visible()
    fine(page)
    page.get_by_role("button", name="Save the sheet").click()
    expect(page.get_by_text("The sheet is saved as a result.")).to_be_visible()
    eventually(lambda: len(hall.results("fms")) == 1, within_s=30.0)
    [scores] = hall.results("fms")
    assert (scores["session"], scores["origin"]) == (first["session"], "rendered")
    squat = next(m for m in scores["measures"] if m["code"] == "fms_deep_squat")
    assert (squat["value"], squat["why"]) == (2.0, ["confirmed_by:anna"])

    page.goto(f"{HERE}/session/")
    page.get_by_role("button", name="End the visit").click()
    expect(page.get_by_text("The visit has ended.")).to_be_visible()
    expect(page.locator(".prompt")).to_have_attribute("data-code", "done")
    page.get_by_role("button", name="End the visit").click()  # once more changes nothing
    page.goto(f"/visits/{SITE}/{STATION}/{first['session']}/")
    expect(page.get_by_text("barefoot")).to_have_count(0)  # on the record, no reader's matter
    fine(page)


def test_the_station_shows_its_commands_with_their_answers(page: Page) -> None:
    page.goto(f"{HERE}/")
    table = page.locator("table.list", has_text="answer")
    for said in ("screen: done", "repeat: done", "movements: done", "end: done", "aim: done"):
        expect(table.get_by_text(said).first).to_be_visible()
    expect(page.get_by_text("mannequin:")).to_be_visible()
    fine(page)


@pytest.mark.parametrize("path", ["session", "aim", "session/s-1/movements"])
def test_a_broker_that_is_gone_is_said(page: Page, hall: Hall, path: str) -> None:
    page.goto(f"{HERE}/{path}/")
    hall.broker.kill()
    try:
        expect(page.locator("#now .problem")).to_contain_text("broker", timeout=_SOON_MS)
    finally:
        hall.broker.start()
    expect(page.locator("#now .problem")).to_have_count(0, timeout=_SOON_MS)


def test_a_broker_that_is_lost_while_a_command_is_on_its_way_is_said_and_nothing_typed_is_lost(
    chrome: Browser, hall: Hall
) -> None:
    """It has taken the command, and dies before the station can answer."""
    context, page = entered(chrome, hall)
    page.set_default_timeout(2 * _SOON_MS)
    page.goto(f"{HERE}/screen/")
    page.get_by_label("Code", exact=True).fill("p-18")
    page.get_by_label("Version of the text").fill("2026-05")
    page.get_by_label("The person has agreed").check()
    start = page.get_by_role("button", name="Start")
    spy = open_best(hall.broker.settings, "spy")
    spy.subscribe(Topics(SITE, STATION).command("screen"))
    spy.poll(1.0)

    def kill_once_told() -> None:
        while not any(isinstance(event, Arrived) for event in spy.poll(0.1)):
            pass
        hall.broker.kill()

    thread = threading.Thread(target=kill_once_told)
    hall.station.send_signal(signal.SIGSTOP)
    try:
        thread.start()
        start.click()
        expect(page.get_by_role("alert")).to_contain_text(
            "The broker was lost before an answer came. Whether the station has heard this is not"
            " known"
        )
    finally:
        hall.station.send_signal(signal.SIGCONT)
        thread.join()
        spy.drop()
        hall.broker.start()
    expect(page.get_by_label("Code", exact=True)).to_have_value("p-18")
    expect(page.get_by_label("Version of the text")).to_have_value("2026-05")
    expect(page.get_by_label("The person has agreed")).to_be_checked()
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []

    def obeyed() -> bool:
        start.click()
        page.wait_for_load_state()
        return page.get_by_text("The station waits for p-18.").count() == 1

    eventually(obeyed, within_s=180.0)
    context.close()
