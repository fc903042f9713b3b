"""What only PostgreSQL has: workers beside each other, months, migrations, a server that dies."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from posture_tools.collector import erasure
from posture_tools.collector.__main__ import main
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.month import bounds_ns, shifted
from posture_tools.collector.postgres import migrate as migrating
from posture_tools.collector.postgres.copying import copy
from posture_tools.collector.postgres.database import PostgresDatabase
from posture_tools.collector.postgres.dialect import Transaction, translated
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.report import fleet, results
from posture_tools.collector.searching import Chosen, query
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Outcome
from posture_tools.collector.verify import findings
from simulators.arrived import messages
from simulators.postgres import Postgres, find_postgres

from edge.errors import SettingsInvalid, StoreFailed, StoreUnusable
from edge.wire import clock

AT = "2100-01-01T00:00:00.000Z"


@pytest.fixture
def store(postgres: Postgres, tmp_path: Path) -> Iterator[PostgresStore]:
    with PostgresStore(postgres.database(), tmp_path / "erasures") as opened:
        yield opened


def test_workers_beside_each_other_lose_and_double_nothing(
    postgres: Postgres, tmp_path: Path
) -> None:
    """Every message goes to two of three workers, in batches of any order, at the same time."""
    sent = [m for n in range(6) for m in messages(tmp_path, 40, f"hall-{n}")]
    address = postgres.database()
    outcomes: list[Outcome] = []
    failures: list[Exception] = []

    def work(number: int) -> None:
        mine = [m for place, m in enumerate(sent) if place % 3 != number]
        random.Random(number).shuffle(mine)
        try:
            with PostgresStore(address, tmp_path / "erasures") as store:
                for first in range(0, len(mine), 23):
                    outcomes.append(store.ingest(mine[first : first + 23]))
        except Exception as problem:  # noqa: BLE001 - shown below
            failures.append(problem)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert sum(len(each.stored) for each in outcomes) == len(sent)
    assert sum(each.duplicates for each in outcomes) == len(sent)
    with PostgresStore(address, tmp_path / "erasures") as store:
        assert store.rows("SELECT COUNT(*) FROM result") == [(len(sent),)]
        assert store.rows("SELECT COUNT(*) FROM measure") == [(3 * len(sent),)]
        assert store.rows("SELECT DISTINCT link FROM ingest_key") == [("ok",)], "chains are whole"
        assert store.rows("SELECT DISTINCT newest FROM progress") == [(40,)]
        assert list(findings(store)) == []
        assert list(store.problems()) == []
    newest = max(receipt.newest for each in outcomes for _, receipt in each.receipts)
    assert newest == 40


def test_the_new_go_in_together_exactly_as_one_by_one(store: PostgresStore, tmp_path: Path) -> None:
    """The rows of both bodies are the same, whatever way they took."""
    sent = messages(tmp_path, 12)
    with SqliteStore(tmp_path / "collector.db") as file:
        for target in (store, file):
            for batch in (sent[8:], sent[:3], sent[2:9]):
                target.ingest(batch)
        for table, order in (
            ("result", "seq"), ("measure", "seq, part"),
            ("ingest_key", "seq"), ("chain_end", "first"),
        ):  # fmt: skip
            columns = [row[1] for row in file.rows(f"PRAGMA table_info({table})")]
            names = ", ".join(name for name in columns if name != "received_at")
            sql = f"SELECT {names} FROM {table} ORDER BY {order}"  # noqa: S608
            assert store.rows(sql) == file.rows(sql)


def test_what_comes_again_costs_no_more_questions_the_more_there_is(
    store: PostgresStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stations that wait long send again, all of them at once, when the worker is slowest."""
    asked: list[str] = []
    sent = messages(tmp_path, 30)
    store.ingest(sent)
    execute = Transaction.execute

    def counted(self: Transaction, sql: str, values: Sequence[object] = (), /) -> object:
        asked.append(sql)
        return execute(self, sql, values)

    monkeypatch.setattr(Transaction, "execute", counted)
    counts = []
    for batch in (sent[:1], sent, sent + sent):
        asked.clear()
        outcome = store.ingest(batch)
        counts.append(len(asked))
        assert (outcome.duplicates, outcome.stored) == (len(batch), [])
        [(_, receipt)] = outcome.receipts
        assert [seq for seq, _ in receipt.settled] == sorted({item.key.seq for item in batch})
    assert len(set(counts)) == 1


def test_both_bodies_have_the_same_columns(store: PostgresStore, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "collector.db") as file:
        for (table,) in file.rows("SELECT name FROM sqlite_schema WHERE type = 'table'"):
            here = [row[1] for row in file.rows(f"PRAGMA table_info({table})")]
            there = store.rows(
                "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(?) AND attnum > 0"
                " ORDER BY attnum",
                (table,),
            )
            assert [name for (name,) in there] == here, table


def test_a_clock_a_month_ahead_does_not_keep_the_next_month_away(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its results lie among the others until their month comes, and then in it."""
    today = datetime(2026, 5, 20, tzinfo=UTC)
    ahead = datetime(2026, 8, 3, 12, tzinfo=UTC)
    monkeypatch.setattr(clock.time, "time_ns", lambda: int(ahead.timestamp()) * 10**9)
    monkeypatch.setattr(clock, "is_disciplined", lambda: True)
    early = messages(tmp_path, 3)
    now = [today]
    address = postgres.database()
    with PostgresStore(address, tmp_path / "erasures", today=lambda: now[0]) as store:
        where = "SELECT DISTINCT tableoid::regclass::text FROM result"
        assert len(store.ingest(early).stored) == 3
        assert store.rows(where) == [("result_other",)]
        now[0] = today + timedelta(days=31)
        late = messages(tmp_path, 2, "hall-2")
        assert len(store.ingest(late).stored) == 2
        assert store.rows(where) == [("result_2026_08",)]
        assert store.rows("SELECT COUNT(*) FROM measure_2026_08") == [(15,)]
        assert store.rows("SELECT COUNT(*) FROM result_other") == [(0,)]
        assert list(store.problems()) == []
        assert len(list(results(store))) == 5


def test_months_follow_each_other() -> None:
    assert shifted((2026, 12), 1) == (2027, 1)
    assert shifted((2026, 1), -1) == (2025, 12)
    first, end = bounds_ns((2028, 2))
    assert (end - first) // 86_400_000_000_000 == 29
    assert bounds_ns((1970, 1))[0] == 0


def test_migrations_run_once_and_a_newer_database_is_left_alone(postgres: Postgres) -> None:
    address = postgres.database()
    database = PostgresDatabase(address)
    assert list(migrating.migrate(database)) == []
    with database.transaction() as db:
        db.execute("INSERT INTO migration VALUES (9999, 'later', '', '')")
    with pytest.raises(StoreUnusable, match="newer"):
        list(migrating.migrate(database))
    database.close()
    with pytest.raises(StoreUnusable, match="newer"):
        PostgresStore(address, Path("/nowhere/list"))


def test_the_command_makes_the_tables_and_checks_them(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    address = postgres.database(empty=True)
    assert main(["store", "check", "--store", address]) == 1
    assert "store migrate" in capsys.readouterr().err
    assert main(["store", "migrate", "--store", address]) == 0
    assert "made 0001 tables" in capsys.readouterr().out
    assert main(["store", "check", "--store", address]) == 0
    months = "SELECT relname FROM pg_class WHERE relname LIKE 'result!_20__!___' ESCAPE '!'"
    with psycopg.connect(address, autocommit=True) as database:
        month = min(name for (name,) in database.execute(months))
        database.execute(f"DROP TABLE {month}")
    capsys.readouterr()
    assert main(["store", "check", "--store", address]) == 1
    assert f"the table {month} of a month is missing" in capsys.readouterr().out


def test_a_server_killed_and_started_again_has_every_receipt(tmp_path: Path) -> None:
    """With fsync, as an operator runs it."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("told by the fixture of the others")
    sent = messages(tmp_path, 60)
    with Postgres(programs) as server:
        address = server.database()
        with PostgresStore(address, tmp_path / "erasures") as store:
            settled = {
                seq
                for first in range(0, 30, 10)
                for _, receipt in store.ingest(sent[first : first + 10]).receipts
                for seq, _ in receipt.settled
            }
            server.kill()
            with pytest.raises(StoreFailed, match="cannot be used"):
                store.ingest(sent[30:])
            server.start()
            assert {seq for (seq,) in store.rows("SELECT seq FROM result")} == settled
            store.ingest(sent)
            assert store.rows("SELECT COUNT(*) FROM result") == [(60,)]
            assert list(findings(store)) == []


def test_a_file_becomes_a_database(store: PostgresStore, tmp_path: Path) -> None:
    """With everything that a life leaves: erased, rejected, in conflict, buried, out of order."""
    sent = messages(tmp_path, 30)
    other = messages(tmp_path / "..", 5, f"hall-2{tmp_path.name}")
    with SqliteStore(tmp_path / "collector.db") as file:
        file.ingest(sent[10:])
        file.ingest(sent[:5])
        file.ingest(other)
        for number in range(3):
            file.ingest([examine(Incoming("ps/v2/north/hall-1/result/posture", b"%d" % number))])
        file.note("north", "hall-1", "health", b"{}", online=True)
        erasure.erase(file, "north", AT, session="session-3")
        copied = {each.table: each.rows for each in copy(file, store)}
        assert copied["result"] == 28, "session-3 of both is erased"
        assert copied["dead_letter"] == 3
        assert list(store.problems()) == [], "with the months that a worker will need"
        for one, two in (
            (fleet(file), fleet(store)),
            (list(findings(file)), list(findings(store))),
        ):
            assert [str(x).partition("silent_s")[0] for x in one] == [
                str(x).partition("silent_s")[0] for x in two
            ]
        assert [r.body for r in results(file)] == [r.body for r in results(store)]
        assert len(store.ingest(sent[5:10]).stored) == 5, "and it goes on"
        store.ingest([examine(Incoming("ps/v2/north/hall-1/result/posture", b"again"))])
        assert store.rows("SELECT MAX(number) FROM dead_letter") == [(4,)]
        assert list(store.erasures.entries()) == list(file.erasures.entries())
        with pytest.raises(SettingsInvalid, match="holds rows"):
            list(copy(file, store))


def test_a_copy_that_differs_is_told(store: PostgresStore, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "collector.db") as file:
        file.ingest(messages(tmp_path, 3))
        store.change(
            lambda db: db.execute("CREATE RULE lose AS ON INSERT TO gap DO INSTEAD NOTHING")
        )
        store.change(lambda db: db.execute("ALTER TABLE result ALTER seal SET DEFAULT ''"))
        store.change(
            lambda db: db.execute(
                "CREATE FUNCTION spoil() RETURNS TRIGGER LANGUAGE plpgsql AS"
                " $$ BEGIN NEW.view := 'back'; RETURN NEW; END $$"
            )
        )
        store.change(
            lambda db: db.execute(
                "CREATE TRIGGER spoil BEFORE INSERT ON result FOR EACH ROW EXECUTE FUNCTION spoil()"
            )
        )
        with pytest.raises(StoreUnusable, match="result"):
            list(copy(file, store))


def test_shared_sql_is_written_for_both() -> None:
    assert translated("a = ? AND b = ?") == ("a = %s AND b = %s", (0, 1))
    assert translated("?2 IN ('', a) AND ?1 AND ?2 AND ?") == (
        "%s IN ('', a) AND %s AND %s AND %s", (1, 0, 1, 2),
    )  # fmt: skip
    with closing(sqlite3.connect(":memory:")) as db, db:
        assert db.execute("SELECT ?2, ?", ("a", "b", "c")).fetchone() == ("b", "c")
    db.close()


DAY = datetime(2026, 5, 14, tzinfo=UTC)
SEARCHES = {
    "session": Chosen(session="session-1", site="north", station="hall-1"),
    "code": Chosen(code="p-1"),
    "day": Chosen(since=DAY, until=DAY + timedelta(days=1), newest=True, limit=50),
    "measure and band": Chosen(measure="head_tilt", band="usual", newest=True, limit=50),
    "month of a station": Chosen("north", "hall-1", since=DAY, until=DAY + timedelta(days=31)),
}


@pytest.mark.parametrize("what", SEARCHES)
def test_no_search_reads_a_whole_table(store: PostgresStore, tmp_path: Path, what: str) -> None:
    """The plans that a full table gets; an empty one is read whole, so that is forbidden here."""
    store.ingest(messages(tmp_path, 5))
    sql, values = query(SEARCHES[what])
    with store.transaction() as db:
        db.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(row for (row,) in db.execute("EXPLAIN " + sql, values).fetchall())
    assert "Seq Scan" not in plan, plan


def test_a_batch_is_tried_four_times_where_workers_meet(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def meets_another(_batch: object) -> None:
        tried.append(len(tried))
        raise StoreFailed("Two workers met.", "Wait.") from psycopg.errors.DeadlockDetected()

    with PostgresStore(postgres.database(), tmp_path / "erasures") as store:
        monkeypatch.setattr(store, "_commit_once", meets_another)
        with pytest.raises(StoreFailed):
            store.ingest(messages(tmp_path, 1))
    assert tried == [0, 1, 2, 3]
