"""The code's own words: a page for each room of the device and each package of the tools."""

from __future__ import annotations

import ast
from pathlib import Path


def rooms(root: Path) -> list[str]:
    """Dotted names of what gets a page: packages, and single modules of `edge/`."""
    edge = root / "edge"
    found = [f"edge.{path.name}" for path in edge.iterdir() if (path / "__init__.py").is_file()]
    found += [f"edge.{path.stem}" for path in edge.glob("*.py") if not path.name.startswith("_")]
    tools = [
        f"posture_tools.{path.name}"
        for path in (root / "tools").iterdir()
        if (path / "__init__.py").is_file()
    ]
    return sorted(found) + sorted(tools)


def page(root: Path, room: str) -> str:
    """The page of one room; `:::` is filled in by mkdocstrings."""
    package, _, name = room.partition(".")
    folder = root / ("edge" if package == "edge" else "tools") / name
    modules = [room]
    if folder.is_dir():
        paths = sorted(path for path in folder.rglob("*.py") if _speaks(path))
        modules = [room, *(_dotted(package, folder, path) for path in paths)]
    lines = [f"# {room}"]
    for module in modules:
        lines += ["", f"::: {module}"]
        if module == room and folder.is_dir():
            lines += ["    options:", "      show_root_heading: false", "      members: false"]
    return "\n".join(lines) + "\n"


def _dotted(package: str, folder: Path, path: Path) -> str:
    inside = path.relative_to(folder).with_suffix("").parts
    return ".".join((package, folder.name, *inside))


def _speaks(path: Path) -> bool:
    """Whether a module has something public to show."""
    if path.name.startswith("_") or "migrations" in path.parts:
        return False
    body = ast.parse(path.read_text(encoding="utf-8")).body
    named = [node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return any(not name.startswith("_") for name in named)
