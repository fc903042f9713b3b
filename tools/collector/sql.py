"""The little of a database that both bodies of the store have, so that one SQL serves both.

Statements are written with `?`, or `?1` where a value stands twice, and use only what SQLite and
PostgreSQL read alike: a flag is an INTEGER that is compared with 1, an empty body is a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol


class Answer(Protocol):
    """The rows of one query."""

    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Sql(Protocol):
    """An open transaction."""

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Answer: ...
    def executemany(self, sql: str, values: Iterable[Sequence[Any]], /) -> Any: ...
