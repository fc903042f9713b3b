"""What keeps the house habitable, beside the import rules in pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import grimp
import pytest
from conftest import ROOT

EDGE = ROOT / "edge"
MOST_LINES = 2_500  # of one folder: what grows beyond is two ideas


def test_no_folder_of_the_device_outgrows_one_reading() -> None:
    folders = {path.parent for path in EDGE.rglob("*.py")}
    lines = {
        folder.name: sum(len(path.read_text().splitlines()) for path in folder.glob("*.py"))
        for folder in folders
    }
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def circles(arrows: dict[str, set[str]]) -> Iterator[list[str]]:
    """Ways that lead back to where they began, one for each node that has one."""
    for start in arrows:
        ways, seen = [[start]], set()
        while ways:
            way = ways.pop()
            for following in arrows.get(way[-1], set()):
                if following == start:
                    yield [*way, start]
                    ways = []
                    break
                if following not in seen:
                    seen.add(following)
                    ways.append([*way, following])


def imports(package: str) -> dict[str, set[str]]:
    graph = grimp.build_graph(package)
    return {
        module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules
    }


def rooms(modules: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same between what lies directly under the package: its folders and single files."""
    found: dict[str, set[str]] = {}
    for module, imported in modules.items():
        for other in imported:
            one, two = (name.split(".")[1:2] for name in (module, other))
            if one and two and one != two:
                found.setdefault(one[0], set()).add(two[0])
    return found


@pytest.mark.parametrize("package", ["edge", "posture_tools"])
def test_the_import_graph_has_no_circle(package: str) -> None:
    modules = imports(package)
    assert len(modules) > 50
    assert list(circles(modules)) == []


def test_the_rooms_of_the_device_have_no_circle_and_no_arrow_upwards() -> None:
    arrows = rooms(imports("edge"))
    assert list(circles(arrows)) == []
    height = {room: -level for level, row in enumerate(layers()) for room in row}
    upwards = [(a, b) for a, others in arrows.items() for b in others if height[b] >= height[a]]
    assert upwards == []


def test_a_circle_would_be_found() -> None:
    assert list(circles({"a": {"b"}, "b": {"c"}, "c": {"b"}})) == [["b", "c", "b"], ["c", "b", "c"]]


def layers() -> list[list[str]]:
    """The rooms of edge/ from above, as the import rule has them."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [rows] = [rule["layers"] for rule in rules["contracts"] if rule["type"] == "layers"]
    return [re.split(r" \| ", row) for row in rows]


def test_the_picture_of_the_architecture_is_the_rule_that_holds() -> None:
    drawn = (ROOT / "ARCHITECTURE.md").read_text().partition("```rooms\n")[2].partition("```")[0]
    rows = [re.split(r"\s{2,}", line.strip())[0] for line in drawn.splitlines()]
    assert [row.split(" | ") for row in rows] == layers()
