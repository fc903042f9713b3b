"""An outbox that version 0.1 wrote, opened by this one: what waits goes on, sealed late."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from simulators.assessments import assessment
from simulators.collector_words import receipt_for

from edge.results.outbox import Outbox
from edge.wire.keys import Signer
from edge.wire.seal import is_sealed_by, unpack
from edge.wire.topics import Topics

FIRST_SCHEMA = ROOT / "tests" / "golden" / "outbox_1.sql"
_COLUMNS = "seq, channel, session, utc_ns, boot_id, boottime_ns, body"


def open_outbox(path: Path, signer: Signer | None = None) -> Outbox:
    given: dict[str, Any] = {"site": "north", "station": "hall-1", "limit_bytes": 1_000_000}
    return Outbox.open(path, at_limit="refuse", signer=signer, **given)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Two messages that wait and a rejected one, in tables as version 0.1 made them."""
    new, path = tmp_path / "new.db", tmp_path / "old.db"
    with open_outbox(new) as outbox:
        for number in range(3):
            outbox.accept(assessment(number))
        outbox.settle(receipt_for(outbox, rejected={2: "malformed"}))
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(FIRST_SCHEMA.read_text("utf-8"))
        db.execute("PRAGMA user_version=1")
        db.execute("ATTACH ? AS new", (str(new),))
        known = ", ".join(row[1] for row in db.execute("PRAGMA main.table_info(self)"))
        db.execute(f"INSERT INTO main.self SELECT {known} FROM new.self")  # noqa: S608
        db.execute(f"INSERT INTO main.message SELECT {_COLUMNS} FROM new.message")  # noqa: S608
        db.execute(f"INSERT INTO main.quarantine SELECT {_COLUMNS}, code FROM new.quarantine")  # noqa: S608
    db.close()
    return path


def test_what_waited_unsigned_is_signed_then_and_marked(old: Path) -> None:
    signer = Signer.new()
    with open_outbox(old, signer) as outbox:
        assert outbox.requeue(1, 3) == ((1, 3),)
        assert outbox.accept(assessment(4)) == 4
        outbox.tend()
        for message in outbox.pending(9):
            assert message.damage == ""
            seal = unpack(message.payload).seal
            topic = Topics("north", "hall-1").message(message.channel)
            assert is_sealed_by(signer.public, seal, topic)
            assert seal.role == ("message" if message.seq == 4 else "late")


def test_an_older_outbox_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    def columns(path: Path) -> dict[str, list[Any]]:
        with closing(sqlite3.connect(path)) as db, db:
            names = [row[0] for row in db.execute("SELECT name FROM sqlite_master ORDER BY name")]
            sql = 'SELECT name, type, "notnull", pk FROM pragma_table_info(?)'
            found = {name: db.execute(sql, (name,)).fetchall() for name in names}
        db.close()
        return found

    open_outbox(old).close()
    assert columns(old) == columns(tmp_path / "new.db")


def test_only_the_holder_of_the_key_seals(tmp_path: Path) -> None:
    """The uplink writes events too; they wait until the engine has come by."""
    signer = Signer.new()
    with open_outbox(tmp_path / "o.db", signer) as engine, open_outbox(tmp_path / "o.db") as uplink:
        engine.accept(assessment())
        uplink.accept_event("clock", {})
        uplink.tend()
        assert [bool(message.seal) for message in uplink.pending(9)] == [True, False]
        uplink.settle(receipt_for(uplink, newest=9))
        assert uplink.counts().accepted == 2, "the new epoch waits for the key"
        engine.tend()
        carried = [unpack(message.payload).seal.role for message in uplink.pending(9)]
        assert carried == ["message", "message", "late"]
