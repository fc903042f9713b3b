"""What was begun is carried through, and what was erased leaves the files.

A file is registered in the table `archive_file` once it is whole, and counts there how often
something happened that it does not show yet. Cleaning it means: every result of it that the tables
know loses its body there, every other one leaves the file. Both may be repeated at any time, so
nothing is lost or doubled wherever a program is killed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from posture_tools.collector.archive.files import (
    OF_KEY,
    Row,
    read_file,
    require_parquet,
    write_file,
)
from posture_tools.collector.archive.folder import Archive
from posture_tools.collector.sql import Sql

from edge.errors import PartMissing, StoreFailed, StoreUnusable
from edge.traces import holding
from edge.wire.seal import digest

_OF_NAME = "site = ? AND station = ? AND epoch = ? AND seq = ?"


class HasArchive(Protocol):
    """What of a store is needed here."""

    archive: Archive

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...
    def transaction(self) -> AbstractContextManager[Sql]: ...


def registered(store: HasArchive) -> set[str]:
    """Names of the files that the tables count on."""
    return {name for (name,) in store.rows("SELECT name FROM archive_file")}


def foreign(store: HasArchive) -> list[str]:
    """Whole files that the tables do not know: an older store was restored."""
    return sorted(store.archive.names() - registered(store))


def unclean(store: HasArchive) -> list[tuple[str, int]]:
    """Files that wait to be cleaned, and what they count."""
    rows = store.rows("SELECT name, unclean FROM archive_file WHERE unclean > 0 ORDER BY name")
    return [(str(name), int(count)) for name, count in rows]


def mark(db: Sql, key: tuple[str, str, str, int]) -> None:
    """A result is about to be erased: the files of its month must be written anew."""
    db.execute(
        "UPDATE archive_file SET unclean = unclean + 1 WHERE EXISTS (SELECT 1 FROM result"
        f" WHERE {_OF_NAME} AND utc_ns >= archive_file.first_ns AND utc_ns < archive_file.end_ns)",
        key,
    )


def clean_held(store: HasArchive) -> list[str]:
    """Clean every file that waits for it; the names. The caller holds the folder.

    Raises
    ------
    StoreUnusable : a file does not hold what was written into it; the tables keep what they have.
    """
    store.archive.settle(registered(store))
    cleaned = []
    for name, count in unclean(store):
        path = store.archive.path / name
        if not path.exists():
            raise StoreUnusable(
                f"{path} is gone.", "Bring it back from a backup; its results' bodies are there."
            )
        stays = _empty_rows(store, path)
        if stays is not None:
            write_file(store.archive.new(name), stays)
            store.archive.publish(name)
        with store.transaction() as db:
            db.execute(
                "UPDATE archive_file SET unclean = 0 WHERE name = ? AND unclean = ?", (name, count)
            )
        cleaned.append(name)
    return cleaned


def _empty_rows(store: HasArchive, path: Path) -> Iterator[Row] | None:
    """Take the bodies of a file out of the tables. What of the file may stay, if not all may."""
    strangers = False
    for group in read_file(path):
        with store.transaction() as db:
            for row in group:
                found = db.execute(
                    "SELECT body_sha256, LENGTH(body) FROM result"
                    f" JOIN ingest_key USING (site, station, epoch, seq) WHERE {OF_KEY}",
                    row.key,
                ).fetchone()
                if found is None:
                    strangers = True
                elif digest(row.body) != found[0]:
                    raise StoreUnusable(
                        f"{path} does not hold what was written into it: {row.key}.",
                        "Bring it back from a backup; the tables keep what they have.",
                    )
                elif found[1]:
                    db.execute(
                        f"UPDATE result SET body = ?, seal = ? WHERE {OF_KEY}",
                        (b"", b"", *row.key),
                    )
    return _known(store, path) if strangers else None


def _known(store: HasArchive, path: Path) -> Iterator[Row]:
    for group in read_file(path):
        for row in group:
            if store.rows(f"SELECT 1 FROM result WHERE {OF_KEY}", row.key):
                yield row


def traces(store: HasArchive, words: Iterable[str]) -> tuple[str, ...]:
    """Write anew the files that hold what was erased, and search them; names of those in which a
    word still stands, that could not be cleaned now, or that the tables do not know."""
    said = [word for word in words if word]
    unknown = [str(store.archive.path / name) for name in foreign(store)] if said else []
    if not (waiting := unclean(store)):
        return tuple(unknown)
    try:
        require_parquet()
        with store.archive.held():
            cleaned = clean_held(store)
    except (PartMissing, StoreFailed, StoreUnusable, OSError):
        return (*unknown, *(f"{store.archive.path / name}" for name, _ in waiting))
    paths = [store.archive.path / name for name in cleaned]
    found = set(holding(paths, said)) | {path for path in paths if _holds(path, said)}
    return (*unknown, *(str(path) for path in sorted(found)))


def _holds(path: Path, words: Sequence[str]) -> bool:
    """Whether a word stands in it once it is unpacked."""
    wanted = [word.encode() for word in words]
    return any(
        word in row.body or word in row.seal or word.decode() in (row.session, f'"{row.session}"')
        for group in read_file(path)
        for row in group
        for word in wanted
    )
