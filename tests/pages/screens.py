"""`python tests/pages/screens.py`: a picture of every page of the running demo, for docs/screens.

The pages are those of the table of addresses, so that a new one is found; in two languages, on a
desk and on a phone. Names of pages take those alone anew. It needs Debian's chromium.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import msgspec
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.station_hours import HOUR_S
from posture_tools.collector.webhooks import attempts, hooks
from posture_tools.demo.__main__ import Stage
from posture_tools.demo.story import BAD_SHA256

from edge import __version__

INTO = Path(__file__).resolve().parents[2] / "docs" / "screens"
SIZES = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
LANGUAGES = {"en": "en-GB", "ja": "ja-JP"}
MOST_HIGH_PX, QUALITY = 2000, 45
# What stands for each part of an address; a page may need another than the rest.
USUAL = {"site": "desk", "station": "hall-east", "session": "summer", "code": "P-1001",
         "number": "1", "kind": "dead-letters", "sha256": BAD_SHA256}  # fmt: skip
LIVE = {"station": "wall-1"}
OTHER = dict.fromkeys(("screen", "session", "aim", "movements"), LIVE)
SIGNED_OUT = ("enter",)
NO_PAGES = ("home", "leave")  # they lead elsewhere
UPLOADED = ("photo", "picture", "moved", "reviewed")


@contextmanager
def stage() -> Iterator[Stage]:
    """The demo without a station before the wall, once all that is replayed is stored."""
    with tempfile.TemporaryDirectory() as folder:
        child = subprocess.Popen(
            [sys.executable, "-m", "posture_tools.demo", folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert child.stdout is not None
        told = msgspec.json.decode(child.stdout.readline(), type=Stage)
        while not child.stdout.readline().startswith("{"):
            pass
        try:
            yield told
        finally:
            child.communicate(timeout=120)


def addresses(store: Path) -> dict[str, str]:
    """Name -> pattern, of everything that answers GET."""
    from posture_tools.pages.config import PagesConfig
    from posture_tools.pages.django_setup import configure

    configure(PagesConfig(store=store))
    from posture_tools.pages.urls import urlpatterns

    return {
        each.name: str(each.pattern)
        for each in urlpatterns
        if getattr(each, "name", None) and "GET" in getattr(each.callback, "methods", ("GET",))
    }


def filled(name: str, pattern: str, session: str) -> str:
    """The address of one page; KeyError for a part of which the demo has no example."""
    examples = USUAL | OTHER.get(name, {}) | ({"session": session} if name in UPLOADED else {})
    path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda part: examples[part[1]], pattern)
    return path + ("?version=2026-05" if name == "badge" else "")


def example(name: str, pattern: str, session: str) -> str:
    """The same; empty where the demo has nothing of the kind, as it has no dead letter."""
    try:
        return filled(name, pattern, session)
    except KeyError:
        return ""


@contextmanager
def wall(stage: Stage) -> Iterator[None]:
    """A station before which a rendered person stands, and which can be commanded."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "posture.toml")
        settings.write_text(
            f'station = "wall-1"\nstate_dir = "{folder}"\n[screening]\nstart = "asked"\n'
        )
        child = subprocess.Popen(
            [sys.executable, "-m", "edge", "run", "--settings", str(settings), "--broker",
             f"{stage.host}:{stage.port}", "--source", "mannequin:?seconds=240&fps=4"],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield
        finally:
            child.terminate()
            child.wait(timeout=120)


def context_address(stage: Stage, name: str, table: dict[str, str], session: str) -> str:
    return stage.pages.rstrip("/") + filled(name, table[name], session)


def log_in(page: Page, stage: Stage) -> None:
    page.goto("/enter/")
    page.locator("[name=username]").fill(stage.name)
    page.locator("[name=password]").fill(stage.password)
    page.locator("main button").click()
    page.wait_for_url("**/visits/")


def add_past(store: Path) -> None:
    """What a demo of some minutes has not: a week of a station, hour by hour, and a webhook."""
    hour = int(time.time()) // HOUR_S
    week = range(hour - 7 * 24, hour + 1)
    silent = range(hour - 60, hour - 52)
    with SqliteStore(store) as opened, opened.transaction() as db:
        db.executemany(
            "INSERT INTO station_hour VALUES ('desk', 'hall-east', ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET minutes = excluded.minutes,"
            " temperature_c = excluded.temperature_c, software = excluded.software",
            [
                (at, 2**60 - 1, 51.0 + 7.0 * math.sin(at / 24 * math.tau), 9 * (at == silent.stop),
                 "0.9.3" if at < silent.start else __version__)
                for at in week if at not in silent
            ],
        )  # fmt: skip
    with SqliteStore(store) as opened:
        hooks.allow(opened, "records.example.org", "op")
        hooks.add(opened, "records", "https://records.example.org/posture", ["desk"], "op")
        with opened.transaction() as db:
            for number, problem in enumerate(("records.example.org answered 503", "", "")):
                key = ("records", "desk", "hall-east", "e1", number + 1)
                attempts.keep(db, key, time.time_ns() + number * 10**9, problem)


def upload(chrome: Browser, stage: Stage) -> str:
    """Give the rendered photograph, move a point; the session."""
    page = chrome.new_page(base_url=stage.pages.rstrip("/"), locale="en-GB")
    log_in(page, stage)
    page.goto("/uploads/desk/")
    page.locator("[name=photos]").set_input_files(stage.photo)
    page.locator("[name=code]").fill("P-1003")
    page.locator("[name=consent_version]").fill("2026-05")
    page.locator("[name=stature_mm]").fill("1780")
    page.locator("form.card button").click(timeout=200_000)
    page.wait_for_url("**/uploads/desk/up-*/1/", timeout=200_000)
    session = page.url.split("/")[-3]
    page.close()
    return session


def await_station(chrome: Browser, stage: Stage) -> None:
    """Until the station before the wall has said what it understands."""
    page = chrome.new_page(base_url=stage.pages.rstrip("/"))
    log_in(page, stage)
    while page.locator("[href$='/aim/']").count() == 0:
        page.wait_for_timeout(1000)
        page.goto("/stations/desk/wall-1/")
    page.close()


def live_session(chrome: Browser, stage: Stage) -> str:
    """Of the visit that goes on before the wall, once somebody who was asked for stands there."""
    page = chrome.new_page(base_url=stage.pages.rstrip("/"))
    log_in(page, stage)
    while page.locator("p.notice").count() == 0:  # until it hears
        page.goto("/stations/desk/wall-1/screen/")
        page.locator("[name=code]").fill("PS1:P-1004:2026-05")
        page.locator("[name=agreed]").check()
        page.locator("[name=stature_mm]").fill("1700")
        page.locator("form.card button").first.click(timeout=60_000)
    page.goto("/stations/desk/wall-1/session/")
    link = page.locator("#to-movements").get_attribute("href", timeout=240_000)
    page.close()
    assert link is not None
    return link.rstrip("/").split("/")[-2]


def write(path: Path, shot: bytes) -> None:
    image = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    _, data = cv2.imencode(".webp", image[:MOST_HIGH_PX], [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    path.write_bytes(data.tobytes())


def take(
    chrome: Browser, stage: Stage, table: dict[str, str], session: str, only: Collection[str]
) -> None:
    """These pages in every language and size."""
    for language, locale in LANGUAGES.items():
        for size, viewport in SIZES.items():
            context = chrome.new_context(
                base_url=stage.pages.rstrip("/"), locale=locale, viewport=viewport
            )
            page = context.new_page()
            known = [name for name in table if example(name, table[name], session)]
            names = [*SIGNED_OUT, None, *(n for n in known if n not in (*SIGNED_OUT, *NO_PAGES))]
            for name in names:
                if name is not None and name not in only:
                    continue
                if name is None:
                    log_in(page, stage)
                    continue
                answer = context.request.get(filled(name, table[name], session))
                if not answer.ok or "<main" not in answer.text()[:20_000]:
                    continue  # not in this demo; or rows, downloads, pictures, a printer's sheet
                page.goto(filled(name, table[name], session))
                if page.url != context_address(stage, name, table, session):
                    continue  # it led to another page
                page.wait_for_timeout(400)
                if name == "movements" and page.locator("#now section").count() == 0:
                    page.locator("[name=score]").select_option("2")
                    page.locator("[name=step][value=score]").click(timeout=60_000)
                    page.locator("#now section").first.wait_for(timeout=60_000)
                if name == "aim":
                    page.locator("[name=stature_mm]").fill("1780")
                    page.locator("[name=do][value=start]").click(timeout=60_000)
                    page.locator("svg.aimed circle").first.wait_for(timeout=60_000)
                if name == "photo":
                    page.locator("#handles").get_by_role("button").nth(5).focus()
                    for _ in range(3):
                        page.keyboard.press("Shift+ArrowDown")
                    page.wait_for_timeout(1500)
                write(INTO / f"{name}-{size}-{language}.webp", page.screenshot(full_page=True))
                if name == "aim":
                    page.locator("[name=do][value=stop]").click(timeout=60_000)
            context.close()


def index(names: list[str]) -> str:
    rows = "".join(
        f"| {name} | " + " | ".join(
            f"[{language}]({name}-{size}-{language}.webp)"
            for size in SIZES for language in LANGUAGES
        ) + " |\n"
        for name in names
    )  # fmt: skip
    heads = " | ".join(f"{size}, {language}" for size in SIZES for language in LANGUAGES)
    return (
        "# Every page\n\nOf the running demo, whose people are rendered: "
        f"`.venv/bin/python tests/pages/screens.py` takes them anew.\n\n| page | {heads} |\n"
        f"|{'---|' * (1 + len(SIZES) * len(LANGUAGES))}\n{rows}"
    )


def main(only: Sequence[str]) -> None:
    program = shutil.which("chromium")
    assert program, "Debian's chromium is missing"
    if not only:
        shutil.rmtree(INTO, ignore_errors=True)
        INTO.mkdir(parents=True)
    live = not only or bool(set(only) & {"session", "aim", "movements"})
    if not live:  # any station can be asked for a screening
        del OTHER["screen"]
    with ExitStack() as stack:
        running = stack.enter_context(stage())
        if live:
            stack.enter_context(wall(running))
        playwright = stack.enter_context(sync_playwright())
        chrome = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        session = "none"
        if not only or set(only) & set(UPLOADED):
            session = upload(chrome, running)
        add_past(Path(running.store))
        table = addresses(Path(running.store))
        wanted = set(only) or set(table)
        if live:
            await_station(chrome, running)
            take(chrome, running, table, session, wanted & {"aim"})
            wanted -= {"aim"}  # no camera is aimed while somebody is screened
            OTHER["movements"] = LIVE | {"session": live_session(chrome, running)}
        take(chrome, running, table, session, wanted)
        chrome.close()
    # in the order of the table, with those that were there
    there = {path.name.rpartition("-desk-")[0] for path in INTO.glob("*-desk-en.webp")}
    names = list(dict.fromkeys(name for name in (*SIGNED_OUT, *table) if name in there))
    (INTO / "README.md").write_text(index(names))
    size = sum(path.stat().st_size for path in INTO.iterdir())
    if without := [name for name in table if not example(name, table[name], session)]:
        print(f"nothing to show in the demo: {', '.join(without)}")
    print(f"{len(list(INTO.glob('*.webp')))} pictures of {len(names)} pages, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
