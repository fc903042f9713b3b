"""A store that an older collector wrote, opened by this one; and one of a newer collector."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import ROOT
from posture_tools.collector.__main__ import main
from posture_tools.collector.desired import desired_states
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.report import fleet, results
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from simulators.assessments import assessment
from simulators.counted import as_counted

from edge.errors import StoreUnusable
from edge.results.intact import Pending
from edge.results.outbox import Outbox
from edge.wire.codec import encode
from edge.wire.commands import Desired

NEWEST = 7
FIRST_SCHEMA = ROOT / "tests" / "golden" / "collector_store_1.sql"


@pytest.fixture
def messages(tmp_path: Path) -> tuple[Pending, ...]:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=1_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        for number in range(3):
            outbox.accept(assessment(number))
        outbox.accept_event("camera", {"state": "lost"})
        return outbox.pending(9)


@pytest.fixture
def old(tmp_path: Path, messages: tuple[Pending, ...]) -> Path:
    """Two results and an event of a station, in tables as the first collector made them."""
    new, path = tmp_path / "new.db", tmp_path / "old.db"
    with SqliteStore(new) as store:
        send(store, messages[0], messages[1], messages[3])
        store.note("north", "hall-1", "state", b'{"online": true}', online=True)
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(FIRST_SCHEMA.read_text("utf-8"))
        db.execute("PRAGMA user_version=1")
        db.execute("ATTACH ? AS new", (str(new),))
        for table in ("ingest_key", "result", "event"):
            columns = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({table})"))
            db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")  # noqa: S608
        db.execute("INSERT INTO main.progress SELECT station, epoch, 2 FROM new.result LIMIT 1")
        known = ", ".join(row[1] for row in db.execute("PRAGMA main.table_info(station)"))
        assert "desired" not in known
        db.execute(f"INSERT INTO main.station SELECT {known} FROM new.station")  # noqa: S608
    db.close()
    return path


def send(store: Store, *messages: Pending) -> int:
    batch = [examine(Incoming(f"ps/v2/north/hall-1/{m.channel}", m.payload)) for m in messages]
    return len(store.ingest(batch).stored)


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db, db:
        [(found,)] = db.execute("PRAGMA user_version")
    db.close()
    return int(found)


def test_an_older_store_keeps_its_results_and_takes_new_ones(
    old: Path, messages: tuple[Pending, ...]
) -> None:
    for _ in range(2):  # the second time there is nothing left to do
        with SqliteStore(old) as store:
            assert [stored.body for stored in results(store)][:2] == [m.body for m in messages[:2]]
            [line] = fleet(store)
            assert (line.station, line.online) == ("hall-1", True)
        assert version(old) == NEWEST
    with SqliteStore(old) as store:
        assert send(store, *messages) == 1, "three of the four are known"
        assert len(list(results(store))) == 3
        as_counted(store)
        store.note("north", "hall-1", "desired", encode(Desired(version=1, hold=True)))
        store.note("north", "hall-2", "state", b'{"online": true}', online=True)
        assert desired_states(store)["north", "hall-1"].desired.hold
        assert [line.station for line in fleet(store)] == ["hall-1", "hall-2"]


def test_an_older_store_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    with SqliteStore(old) as upgraded, SqliteStore(tmp_path / "fresh.db") as fresh:
        columns = 'SELECT name, type, "notnull", pk FROM pragma_table_info(?)'
        for table in fresh.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
            assert upgraded.rows(columns, table) == fresh.rows(columns, table)


def test_a_store_before_archive_and_webhooks_gets_their_tables(tmp_path: Path) -> None:
    path = tmp_path / "third.db"
    schema = "SELECT type, name FROM sqlite_master ORDER BY name"
    columns = 'SELECT name, type, "notnull", pk FROM pragma_table_info(?)'
    tables = ("archive_file", "webhook_host", "webhook", "webhook_delivery")
    with SqliteStore(path) as store:
        known = store.rows(schema), [store.rows(columns, (table,)) for table in tables]
    with closing(sqlite3.connect(path)) as db, db:
        for table in tables:
            db.execute(f"DROP TABLE {table}")
        db.execute("PRAGMA user_version=3")
    db.close()
    with SqliteStore(path) as store:
        assert (store.rows(schema), [store.rows(columns, (table,)) for table in tables]) == known
    assert version(path) == NEWEST


def test_a_store_that_had_the_column_before_it_had_a_version(tmp_path: Path) -> None:
    path = tmp_path / "between.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(FIRST_SCHEMA.read_text("utf-8"))
        db.execute("ALTER TABLE station ADD COLUMN desired BLOB NOT NULL DEFAULT x''")
        db.execute(
            "INSERT INTO station VALUES ('hall-1', 'north', '', 0, x'', x'', x'', ?)", (b"{}",)
        )
        db.execute("PRAGMA user_version=1")
    db.close()
    with SqliteStore(path) as store:
        assert store.rows("SELECT station, desired FROM station") == [("hall-1", b"{}")]
    assert version(path) == NEWEST


def test_an_upgrade_that_is_cut_short_leaves_the_old_store(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE station ADD COLUMN half BLOB")
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr("posture_tools.collector.sqlite.store.UPGRADES", (cut,))
        with pytest.raises(StoreUnusable, match="disk I/O error"):
            SqliteStore(old)
    assert version(old) == 1
    with SqliteStore(old) as store:
        assert len(list(results(store))) == 2
        assert "half" not in json.dumps(store.rows("SELECT name FROM pragma_table_info('station')"))


@pytest.mark.parametrize("verb", ["list", "fleet"])
def test_a_newer_collectors_store_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    path = tmp_path / "newer.db"
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"PRAGMA user_version={NEWEST + 1}")
    db.close()
    assert main([verb, "--store", str(path)]) == 1
    assert f"written by version {NEWEST + 1}, newer than {NEWEST}" in capsys.readouterr().err
