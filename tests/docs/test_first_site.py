"""The blocks of docs/first-site.md, typed as they stand there, end with a screening on the page."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from fresh import guide
from fresh.reader import read_screening, text_of
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


def test_a_stranger_reads_a_screening_on_the_page(home: Path, mosquitto: str) -> None:
    assert mosquitto
    pages = free_port()
    read: list[str] = []
    ports = [("8883", str(free_port())), ("8400", str(pages)), ("python3 ", f"{sys.executable} ")]
    went_well, said = guide.follow(
        ROOT / "docs" / "first-site.md",
        ports,
        lambda said: read.append(read_screening(said, f"http://127.0.0.1:{pages}")),
    )
    assert went_well, said
    assert "trusted by token" in said
    [page] = read
    assert "Shoulder tilt" in text_of(page)
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
