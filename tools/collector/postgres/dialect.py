"""The shared SQL as psycopg reads it: `?` and `?1` become `%s`, with the values in their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

_MARK = re.compile(r"\?([0-9]*)")


@lru_cache(maxsize=512)
def translated(sql: str) -> tuple[str, tuple[int, ...]]:
    """The text, and for each `%s` the place of its value. A `?` takes the place behind the highest
    so far, as in SQLite."""
    order: list[int] = []

    def mark(found: re.Match[str]) -> str:
        order.append(int(found[1]) - 1 if found[1] else max(order, default=-1) + 1)
        return "%s"

    return _MARK.sub(mark, sql), tuple(order)


class Transaction:
    """A `sql.Sql` on a psycopg connection."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Any:
        text, order = translated(sql)
        cursor = self.connection.cursor()
        return cursor.execute(text, [values[place] for place in order])

    def executemany(self, sql: str, values: Iterable[Sequence[Any]], /) -> None:
        text, order = translated(sql)
        with self.connection.cursor() as cursor:
            cursor.executemany(text, [[row[place] for place in order] for row in values])
