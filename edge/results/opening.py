"""The outbox's file is opened whole: what can be read of a damaged one goes on in a new one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path

from edge.files import locked
from edge.results.chain import Chain
from edge.results.outbox_file import claim
from edge.results.salvage import finish, is_damaged, salvage
from edge.results.upgrade import UPGRADES
from edge.wire.database import Database
from edge.wire.keys import Signer

# Room above the limit for what must be written even then: gap and erase events.
_RESERVE_BYTES = 1024 * 1024

# Opens or creates the file, and makes it this station's.
Begin = Callable[[Path], tuple[Database, Chain]]


def beginning(limit_bytes: int, site: str, station: str, signer: Signer | None) -> Begin:
    """limit_bytes : that undelivered work may take. signer : of who holds the station's key."""
    return partial(_begin, limit_bytes, site, station, signer)


def opened(path: Path, begin: Begin) -> Database:
    """The file, created where there is none; nobody else opens or mends it meanwhile."""
    with locked(path.with_suffix(".lock")):
        finish(path)
        if is_damaged(path):
            salvage(path, begin)
        mark_of(path).unlink(missing_ok=True)
        database, _ = begin(path)
    return database


def mend(path: Path, begin: Begin) -> None:
    """Mend a damaged file. Whoever else has it open follows at its next step."""
    with locked(path.with_suffix(".lock")):
        if is_damaged(path):
            salvage(path, begin)
        mark_of(path).unlink(missing_ok=True)


def mark_of(path: Path) -> Path:
    """The file that is there from the moment somebody met damage until it is mended."""
    return path.with_suffix(".mark")


def _begin(
    limit_bytes: int, site: str, station: str, signer: Signer | None, path: Path
) -> tuple[Database, Chain]:
    schema = resources.files("edge.results").joinpath("outbox.sql").read_text("utf-8")
    database = Database(path, schema, limit_bytes + _RESERVE_BYTES, UPGRADES)
    try:
        claim(database, path, site, station, signer)
        with database.transaction() as db:
            return database, Chain.of(db, signer)
    except BaseException:
        database.close()
        raise
