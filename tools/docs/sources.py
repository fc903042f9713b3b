"""The repository's own pages, under the names that they have there."""

from __future__ import annotations

import re
from pathlib import Path

# Folders that hold nothing of the project.
_NOT_OURS = {
    ".venv",
    ".git",
    "build",
    "dist",
    "node_modules",
    ".pytest_cache",
    "posture_station.egg-info",
}
PICTURES = (".png", ".jpg", ".svg")
# A link outside of code: [text](target) or ![text](target), with a title or without.
LINK = re.compile(r"(!?)\[([^\]\[]*(?:\[[^\]]*\][^\]\[]*)*)\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
_CODE = re.compile(r"^```.*?^```\s*$|^(?: {4}|\t).*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def pages(root: Path) -> list[Path]:
    """Every Markdown file of the repository, relative to it, sorted."""
    found = (path.relative_to(root) for path in root.rglob("*.md"))
    return sorted(path for path in found if not _NOT_OURS & set(path.parts))


def without_code(text: str) -> str:
    """The text with its code blanked out, each character where it was."""
    return _CODE.sub(lambda found: re.sub(r"\S", " ", found.group()), text)


def target_of(page: Path, link: str) -> tuple[Path, str]:
    """Path of the repository that a link of a page means, and the anchor in it."""
    path, _, anchor = link.partition("#")
    if not path:
        return page, anchor
    parts: list[str] = []
    for part in (page.parent / path).parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return Path(*parts), anchor


def is_elsewhere(link: str) -> bool:
    """Whether a link leaves the repository."""
    return re.match(r"[a-z]+:", link) is not None


def for_site(root: Path, page: Path, known: set[Path]) -> str:
    """A page's text for the site: what links to a file that is no page of it is named only."""
    text = (root / page).read_text(encoding="utf-8")
    seen = without_code(text)
    out, last = [], 0
    for found in LINK.finditer(seen):
        picture, _, link = found.groups()
        if is_elsewhere(link) or link.startswith("#"):
            continue
        path, anchor = target_of(page, link)
        if path in known:
            continue
        shown = text[found.start(2) : found.end(2)]
        index = path / "README.md"
        if index in known:
            link = (
                link.partition("#")[0].rstrip("/") + "/README.md" + (f"#{anchor}" if anchor else "")
            )
            replaced = f"{picture}[{shown}]({link})"
        else:
            replaced = shown
        out += [text[last : found.start()], replaced]
        last = found.end()
    return "".join([*out, text[last:]])
