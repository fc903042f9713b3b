"""The blocks of docs/first-site.md, typed as they stand there, end with a screening on the page."""

from __future__ import annotations

import http.cookiejar
import re
import shutil
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from fresh import guide
from posture_tools.collector.broker import free_port

pytestmark = [pytest.mark.broker, pytest.mark.timeout(1800)]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's folder that everybody may enter: run as root, mosquitto gives up its rights."""
    folder = Path(tempfile.mkdtemp(prefix="posture-guide-"))
    folder.chmod(0o755)
    monkeypatch.setenv("HOME", str(folder))
    yield folder
    shutil.rmtree(folder)


class Browser:
    """What of a browser the pages need: cookies, forms, redirects."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._cookies)
        )

    def get(self, path: str) -> str:
        return self._opener.open(self._address + path, timeout=30).read().decode()

    def enter(self, name: str, password: str) -> None:
        form = self.get("/enter/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token is not None
        sent = {"csrfmiddlewaretoken": token[1], "username": name, "password": password}
        request = urllib.request.Request(  # noqa: S310 - of this machine
            self._address + "/enter/", urllib.parse.urlencode(sent).encode(),
            {"Referer": self._address + "/enter/"},
        )  # fmt: skip
        self._opener.open(request, timeout=30).read()


def test_a_stranger_reads_a_screening_on_the_page(
    home: Path, mosquitto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mosquitto
    read: list[str] = []
    pages = free_port()
    told: list[str] = []
    stop = guide.Terminal.stop

    def last_look(terminal: guide.Terminal) -> None:
        """Before the guide's programs are stopped, somebody logs in and looks."""
        if not read and (made := re.search(r"Password: (\S+)", "".join(terminal._said))):
            browser = Browser(f"http://127.0.0.1:{pages}")
            browser.enter("anna", made[1])
            visits = browser.get("/visits/")
            told.append(visits)
            link = re.search(r'href="(/visits/north/hall-1/[^/"]+/)"', visits)
            read.append(browser.get(link[1]) if link else "")
        stop(terminal)

    monkeypatch.setattr(guide.Terminal, "stop", last_look)
    ports = [("8883", str(free_port())), ("8400", str(pages)), ("python3 ", f"{sys.executable} ")]
    went_well, said = guide.follow(ROOT / "docs" / "first-site.md", ports)
    assert went_well, said
    assert "trusted by token" in said
    [page] = read
    assert "Shoulder tilt" in page, told
    assert "Shoulder tilt" in (home / "posture-site" / "visit.html").read_text()


def test_a_block_that_fails_ends_the_guide(tmp_path: Path) -> None:
    page = tmp_path / "guide.md"
    page.write_text(
        "```bash\necho one\n```\n```bash\nfalse\necho two\n```\n```bash\necho three\n```\n"
    )
    went_well, said = guide.follow(page)
    assert not went_well
    assert said.splitlines()[0] == "one"
    assert "two" not in said
    assert "three" not in said


def test_a_program_that_dies_at_once_ends_the_guide(tmp_path: Path) -> None:
    page = tmp_path / "guide.md"
    page.write_text('```bash title="In a second terminal"\nexit 3\n```\n```bash\necho after\n```\n')
    went_well, said = guide.follow(page)
    assert not went_well
    assert "after" not in said
