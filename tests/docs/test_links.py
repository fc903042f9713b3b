"""Links of the repository's pages lead somewhere, and a broken one is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT
from posture_tools.docs.links import anchor_of, broken_links
from posture_tools.docs.sources import for_site


def test_no_link_leads_nowhere() -> None:
    assert broken_links(ROOT) == []


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("gone.md", "gone.md is not there"),
        ("other.md#nowhere", "other.md#nowhere: no such heading"),
        ("../../outside.md", "../../outside.md is not there"),
        ("http://plain.example", "http://plain.example is no https address"),
    ],
)
def test_a_broken_link_is_named_with_its_line(tmp_path: Path, link: str, problem: str) -> None:
    (tmp_path / "other.md").write_text("# Other\n\n## Its part\n")
    (tmp_path / "page.md").write_text(
        f"# Page\n\n[fine](other.md#its-part) `[code](gone.md)`\n\n[x]({link})\n"
    )
    assert broken_links(tmp_path) == [f"page.md:5: {problem}"]


def test_headings_are_named_as_readers_of_markdown_name_them() -> None:
    assert anchor_of("What to do, and `why`") == "what-to-do-and-why"


def test_a_link_to_what_is_no_page_becomes_its_text(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "README.md").write_text("# Room\n")
    (tmp_path / "page.md").write_text("[code](edge/x.py), [room](room/), [page](page.md)\n")
    known = {Path("page.md"), Path("room/README.md")}
    said = for_site(tmp_path, Path("page.md"), known)
    assert said == "code, [room](room/README.md), [page](page.md)\n"
