"""Do the links of the repository's pages lead somewhere? Files and headings; nothing is fetched."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from posture_tools.docs.sources import LINK, is_elsewhere, pages, target_of, without_code

_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def broken_links(root: Path) -> list[str]:
    """`page:line: what is wrong`, for each link that leads nowhere."""
    found = []
    for page in pages(root):
        text = without_code((root / page).read_text(encoding="utf-8"))
        for link in LINK.finditer(text):
            if problem := _problem(root, page, link.group(3)):
                line = text.count("\n", 0, link.start()) + 1
                found.append(f"{page}:{line}: {problem}")
    return found


def _problem(root: Path, page: Path, link: str) -> str:
    if is_elsewhere(link):
        secure = link.startswith(("https://", "mailto:"))
        return "" if secure else f"{link} is no https address"
    path, anchor = target_of(page, link)
    if ".." in path.parts or not (root / path).exists():
        return f"{link} is not there"
    if anchor and path.suffix == ".md" and anchor not in anchors(root / path):
        return f"{link}: no such heading"
    return ""


@cache
def anchors(page: Path) -> set[str]:
    """What headings of a page are called in addresses, as GitHub and mkdocs call them."""
    headings = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {anchor_of(heading) for heading in headings}


def anchor_of(heading: str) -> str:
    plain = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading)).strip().lower()
    return re.sub(r"[\s]+", "-", plain)
