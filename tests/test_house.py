"""What keeps the house habitable, beside the import rules in pyproject.toml."""

from __future__ import annotations

from pathlib import Path

EDGE = Path(__file__).resolve().parents[1] / "edge"
MOST_LINES = 2_500  # of one folder: what grows beyond is two ideas


def test_no_folder_of_the_device_outgrows_one_reading() -> None:
    folders = {path.parent for path in EDGE.rglob("*.py")}
    lines = {
        folder.name: sum(len(path.read_text().splitlines()) for path in folder.glob("*.py"))
        for folder in folders
    }
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
