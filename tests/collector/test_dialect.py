"""The shared SQL in PostgreSQL's words."""

from __future__ import annotations

import pytest
from posture_tools.collector.postgres.dialect import translated


@pytest.mark.parametrize(
    ("sql", "text", "places"),
    [
        ("SELECT 1", "SELECT 1", ()),
        ("a = ? AND b = ?", "a = %s AND b = %s", (0, 1)),
        ("VALUES (?1, ?2, ?3, ?3, ?2)", "VALUES (%s, %s, %s, %s, %s)", (0, 1, 2, 2, 1)),
        ("? ?3 ? ?1 ?", "%s %s %s %s %s", (0, 2, 3, 0, 4)),
    ],
)
def test_each_mark_finds_its_value(sql: str, text: str, places: tuple[int, ...]) -> None:
    assert translated(sql) == (text, places)
