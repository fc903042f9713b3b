"""What stands on the pages, as those who read them find it."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from posture_tools.pages.config import PagesConfig
from simulators.pages_world import CODE, deliver, visit

from edge.errors import SettingsInvalid

PAGES = Path(__file__).resolve().parents[2] / "tools" / "pages"


def test_a_visit_shows_figures_measures_scores_and_the_change(entered: Callable[..., Any]) -> None:
    page = entered().get("/visits/north/hall-1/autumn/").content.decode()
    assert page.partition("Before and after")[0].count('class="plumb"') == 4
    assert "Shoulder tilt" in page
    assert "Total 14 of 21" in page
    assert 'class="trend"' in page  # the other visit of the same code came before


def test_the_first_visit_has_no_trend(entered: Callable[..., Any]) -> None:
    page = entered().get("/visits/north/hall-1/spring/").content.decode()
    assert 'class="trend"' not in page


def test_a_person_is_found_by_code_and_has_plots(entered: Callable[..., Any]) -> None:
    client = entered()
    found = client.get(f"/visits/?code={CODE}").content.decode()
    assert found.count("/visits/north/hall-1/") == 2
    person = client.get(f"/people/north/{CODE}/").content.decode()
    assert "data-shoulder_tilt-front" in person


@pytest.mark.parametrize(
    ("asked", "sessions"),
    [
        ("", {"spring", "autumn", "elsewhere"}),
        ("session=spring", {"spring"}),
        ("station=hall-2", set()),
        ("until=1999-01-01", set()),
        ("since=1999-01-01&session=autumn", {"autumn"}),
    ],
)
def test_search_finds_what_fits(
    entered: Callable[..., Any], asked: str, sessions: set[str]
) -> None:
    page = entered().get(f"/visits/?{asked}").content.decode().partition('id="rows"')[2]
    shown = {s for s in ("spring", "autumn", "elsewhere") if f"/hall-1/{s}/" in page}
    assert shown == sessions


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_times_and_days_are_those_of_the_zone_that_is_told(
    config: Any, entered: Callable[..., Any], zone: str
) -> None:
    """14 hours before UTC and 12 behind it: in one of the two it is another day now."""
    from django.test import override_settings
    from posture_tools.pages import reading

    line = reading.visit_line("north", "hall-1", "autumn")
    assert line is not None
    at = datetime.fromisoformat(line.screened_at).astimezone(ZoneInfo(zone))
    client = entered()
    with override_settings(PAGES=replace(config, time_zone=zone), TIME_ZONE=zone):
        for days, is_there in ((-1, False), (0, True), (1, False)):
            day = f"{at + timedelta(days=days):%Y-%m-%d}"
            page = client.get(f"/visits/?since={day}&until={day}").content.decode()
            assert ("/autumn/" in page) is is_there, day
            if is_there:
                assert f"({zone})" in page
                assert f">{at:%Y-%m-%d %H:%M}</a>" in page
        visit = client.get("/visits/north/hall-1/autumn/").content.decode()
        assert f"{at:%Y-%m-%d %H:%M %Z}" in visit
        sheet = client.get("/visits/north/hall-1/autumn/sheet/").content.decode()
        assert f"{at:%Y-%m-%d %H:%M} {'UTC' if zone == 'UTC' else f'{at:%z}'}" in sheet


def test_a_zone_that_is_none_is_refused() -> None:
    for name in ("Asia/Nowhere", "../UTC", ""):
        with pytest.raises(SettingsInvalid, match="no time zone"):
            PagesConfig(store=Path("collector.db"), time_zone=name).check()


def test_a_date_that_is_none_is_said(entered: Callable[..., Any]) -> None:
    assert "cannot be searched" in entered().get("/visits/?since=yesterday").content.decode()


def test_rows_come_again_only_when_something_is_new(entered: Callable[..., Any]) -> None:
    client = entered()
    page = client.get("/visits/rows/").content.decode()
    newest = page.partition("newest=")[2].partition('"')[0]
    assert client.get(f"/visits/rows/?newest={newest}").status_code == 204
    assert client.get("/visits/rows/?newest=of-before").status_code == 200


def test_what_is_no_camera_is_said_in_list_visit_and_station(entered: Callable[..., Any]) -> None:
    client = entered("viewer", ("south",))
    for path in ("/visits/", "/visits/south/hall-1/elsewhere/"):
        assert "rendered" in client.get(path).content.decode()


@pytest.mark.parametrize("path", ["/visits/north/hall-1/nobody/", "/people/north/P-1/",
                                  "/stations/north/hall-9/"])  # fmt: skip
def test_what_is_not_there_is_404(entered: Callable[..., Any], path: str) -> None:
    assert entered().get(path).status_code == 404


def test_pages_speak_the_language_that_is_chosen(entered: Callable[..., Any]) -> None:
    client = entered()
    assert (
        'lang="ja"' in client.get("/visits/", headers={"accept-language": "ja-JP"}).content.decode()
    )
    assert client.post("/me/", {"language": "ko"}).status_code == 302
    page = client.get("/visits/", headers={"accept-language": "ja-JP"}).content.decode()
    assert 'lang="ko"' in page
    assert "방문" in page


@pytest.mark.parametrize("name", ["words", "live", "keep"])
def test_the_four_languages_have_the_same_texts(name: str) -> None:
    tables = [
        tomllib.loads((PAGES / f"{name}_{language}.toml").read_text("utf-8"))
        for language in ("en", "zh", "ko", "ja")
    ]
    keys = [{(t, k) for t, table in each.items() for k in table} for each in tables]
    assert keys[0] == keys[1] == keys[2] == keys[3]


def test_what_others_wrote_is_as_they_published_it() -> None:
    folder = PAGES / "static" / "vendor"
    told = dict(
        reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines()
    )
    files = {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    assert set(told) == files
    for name, sha256 in told.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256


def test_an_administrator_makes_an_account_that_can_enter(entered: Callable[..., Any]) -> None:
    from django.test import Client

    admin = entered("admin")
    form = {"name": "nurse-1", "role": "viewer", "password": "quite a long word", "sites": "north",
            "is_active": "on"}  # fmt: skip
    assert admin.post("/accounts/", form).status_code == 302
    assert admin.post("/accounts/", form).status_code == 200  # the name is taken
    client = Client()
    given = {"username": "nurse-1", "password": "quite a long word"}
    assert client.post("/enter/", given).status_code == 302
    assert client.get("/visits/south/hall-1/elsewhere/").status_code == 403


def test_a_short_password_is_refused(entered: Callable[..., Any]) -> None:
    form = {"name": "nurse-2", "role": "viewer", "password": "short", "is_active": "on"}
    answer = entered("admin").post("/accounts/", form)
    assert answer.status_code == 200
    assert "At least 10 characters" in answer.content.decode()


@pytest.mark.parametrize("few", [5_000, 0])
def test_visits_are_found_by_a_measure_and_its_band(
    config: Any, entered: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Whether few measures fit, or so many that visits are looked at one after another."""
    from posture_tools.collector.sqlite.store import SqliteStore
    from posture_tools.pages import reading

    monkeypatch.setattr(reading, "_FEW", few)

    code, band = "shoulder_tilt", "above"
    with SqliteStore(config.store) as store, store.transaction() as db:
        db.execute(  # nobody of that world told an age
            "UPDATE measure SET band = ? WHERE code = ? AND (site, station, epoch, seq) IN"
            " (SELECT site, station, epoch, seq FROM result WHERE session = 'autumn')",
            (band, code),
        )
    client = entered()
    for asked in (f"measure={code}&band={band}", f"band={band}"):
        found = client.get(f"/visits/?{asked}").content.decode()
        shown = found.partition('id="rows"')[2]
        assert "/autumn/" in shown, asked
        assert "/spring/" not in shown, asked
    none = client.get(f"/visits/?measure={code}&band=below").content.decode()
    assert "/autumn/" not in none.partition('id="rows"')[2]


def test_an_old_visit_of_many_has_those_before_it(
    config: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many came later: a list is a page long, what came before is not cut by it."""
    from django.test import override_settings
    from posture_tools.collector.sqlite.store import SqliteStore
    from posture_tools.pages import reading

    from edge.results.outbox import Outbox

    path = tmp_path / "many.db"
    with SqliteStore(path) as store, Outbox.open(
        tmp_path / "outbox.db", site="north", station="hall-1", limit_bytes=10_000_000,
        at_limit="refuse",
    ) as outbox:  # fmt: skip
        for number in range(5):
            told = {"session": f"s-{number}", "code": "P-1", "version": "1", "by": "op"}
            outbox.accept_event("consent", told)
            outbox.accept(visit(f"s-{number}", float(number))[0])
        deliver(store, outbox, "north")
    monkeypatch.setattr(reading, "PAGE_ROWS", 2)
    with override_settings(PAGES=replace(config, store=path)):
        before = {}
        for number in range(5):
            line = reading.visit_line("north", "hall-1", f"s-{number}")
            assert line is not None
            before[number] = [session for _, _, session in reading.earlier(line)]
        shown = reading.visit(line)
        assert shown is not None
        assert [each.person for each in shown.before] == ["s-2", "s-3"]
    assert before == {0: [], 1: ["s-0"], 2: ["s-1", "s-0"], 3: ["s-2", "s-1"], 4: ["s-3", "s-2"]}


def test_the_visits_of_a_person_come_in_pages(
    entered: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from posture_tools.pages import reading

    monkeypatch.setattr(reading, "PAGE_ROWS", 1)
    client = entered()
    newest = client.get(f"/people/north/{CODE}/").content.decode()
    assert ("/autumn/" in newest, "/spring/" in newest) == (True, False)
    assert 'href="?skip=1"' in newest
    older = client.get(f"/people/north/{CODE}/?skip=1").content.decode()
    assert ("/autumn/" in older, "/spring/" in older) == (False, True)
    assert 'href="?skip=0"' in older


def test_a_visit_begins_with_its_findings_and_stands_beside_the_one_before(
    entered: Callable[..., Any],
) -> None:
    page = entered().get("/visits/north/hall-1/autumn/").content.decode()
    assert "Main findings" in page
    assert "Before and after" in page
    before, _, after = page.partition("Before and after")[2].partition("<h3>Now")
    assert "/visits/north/hall-1/spring/" in before
    assert before.count('class="plumb"') == after.count('class="plumb"') == 4
    assert "changed" in after
    first = entered().get("/visits/north/hall-1/spring/").content.decode()
    assert "Before and after" not in first
