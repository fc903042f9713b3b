"""The shared SQL in PostgreSQL's words, and where its servers are looked for."""

from __future__ import annotations

import pytest
from posture_tools.collector.postgres.database import _hosts
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


@pytest.mark.parametrize(
    ("host", "port", "found"),
    [
        ("a,b", "5433,5434", [{"host": "a", "port": "5433"}, {"host": "b", "port": "5434"}]),
        ("a,b", "5433", [{"host": "a", "port": "5433"}, {"host": "b", "port": "5433"}]),
        ("a", "5433", [{}]),
    ],
)
def test_one_port_is_that_of_every_server(
    host: str, port: str, found: list[dict[str, str]]
) -> None:
    """As libpq has it."""
    assert _hosts({"host": host, "port": port}) == found
