"""Months in files: everything is still read, and what is erased leaves the files too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from posture_tools.collector import erasure
from posture_tools.collector.__main__ import main
from posture_tools.collector.archive import archiving, files
from posture_tools.collector.archive.archiving import archive_months
from posture_tools.collector.archive.cleaning import unclean
from posture_tools.collector.archive.files import read_file
from posture_tools.collector.archive.reopening import reopen
from posture_tools.collector.archive.retention import retain_once
from posture_tools.collector.postgres.copying import copy
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.report import csv_rows, fleet, results
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from posture_tools.collector.stored_visit import stored_visit
from posture_tools.collector.verify import findings
from posture_tools.collector.worker_settings import load_worker_settings
from pyarrow import parquet
from simulators.archived import CODE, LATER, SESSION, WORDS, bodies_in_tables, fill, send, visit_of
from simulators.postgres import Postgres

from edge.errors import SettingsInvalid, StoreUnusable
from edge.results.outbox import Outbox
from edge.traces import holding
from edge.uplink.forgetting import Forgetting
from edge.wire.codec import encode
from edge.wire.commands import EraseCommand

AT = "2100-01-01T00:00:00.000Z"


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of few rows has several groups."""
    monkeypatch.setattr(files, "GROUP_ROWS", 2)


@pytest.fixture
def filled(store: Store, tmp_path: Path) -> Iterator[tuple[Store, Outbox]]:
    with fill(store, tmp_path / "outbox.db") as outbox:
        yield store, outbox


def archive(store: Store) -> list[str]:
    return [made.name for made in archive_months(store, 1, LATER)]


def told(store: Store) -> list[object]:
    """All that its readers say of it."""
    first = visit_of(store)
    return [
        list(results(store)), list(csv_rows(store)), list(findings(store)), fleet(store),
        stored_visit(store, first), list(store.problems()),
        store.rows("SELECT * FROM measure ORDER BY seq, part"), store.rows("SELECT * FROM visit"),
    ]  # fmt: skip


def in_files(store: Store) -> list[int]:
    """Numbers of the results in all files."""
    paths = sorted(store.archive.path.glob("*.parquet"))
    return [row.seq for path in paths for group in read_file(path) for row in group]


def test_everything_is_read_as_before(filled: tuple[Store, Outbox]) -> None:
    store, _ = filled
    before = told(store)
    assert archive(store) == ["2026-03.parquet", "2026-04.parquet"]
    assert bodies_in_tables(store) == []
    after = told(store)
    for one, other in zip(before[:3] + before[4:], after[:3] + after[4:], strict=True):
        assert one == other
    assert before[2] == []
    assert sorted(in_files(store)) == [2, 3, 4, 5, 6, 8, 9]
    assert archive(store) == []


def test_a_file_holds_what_anybody_needs_to_check_it(filled: tuple[Store, Outbox]) -> None:
    store, outbox = filled
    sent = {m.seq: m for m in outbox.pending(99)}
    archive(store)
    table = parquet.read_table(store.archive.path / "2026-03.parquet").to_pylist()
    for row in table:
        assert row["body"] + b"\n" + row["seal"] == sent[row["seq"]].payload
        assert len(row["prev_sha256"]) == len(row["body_sha256"]) == 64
    assert (store.archive.path / "2026-03.parquet").stat().st_mode & 0o777 == 0o600


def test_a_month_goes_when_its_dates_and_its_arrival_are_old(filled: tuple[Store, Outbox]) -> None:
    """A station whose clock was wrong has said something new about an old day."""
    store, _ = filled
    arrived_now = datetime.now(UTC)
    assert list(archive_months(store, 1, arrived_now)) == []
    assert list(archive_months(store, 12 * 80, LATER)) == []
    assert len(bodies_in_tables(store)) == 7


def test_what_comes_late_lies_in_a_file_of_its_own(filled: tuple[Store, Outbox]) -> None:
    store, outbox = filled
    [last] = [m for m in outbox.pending(99) if m.seq == 9]
    with store.transaction() as db:
        for table in ("result", "measure", "ingest_key"):
            db.execute(f"DELETE FROM {table} WHERE seq = 9")  # noqa: S608 - as if not there yet
    archive(store)
    send(store, last)
    assert bodies_in_tables(store) == [9]
    assert archive(store) == ["2026-04.2.parquet"]
    assert len(list(results(store))) == 7
    send(store, last)
    assert bodies_in_tables(store) == [], "a copy of it changes nothing"
    assert list(findings(store)) == []


def test_an_erasure_reaches_the_files(filled: tuple[Store, Outbox]) -> None:
    store, _ = filled
    archive(store)
    names = [store.archive.path / "2026-03.parquet", store.archive.path / "2026-04.parquet"]
    untouched = names[1].stat()
    assert any(SESSION in row.body.decode() for group in read_file(names[0]) for row in group)
    erased = erasure.erase(store, "north", AT, code=CODE)
    assert (erased.results, erased.sessions) == (2, (SESSION,))
    assert not [path for path in erased.left if "parquet" in path]
    assert sorted(in_files(store)) == [2, 3, 6, 8, 9]
    assert holding(store.archive.path.rglob("*"), WORDS) == ()
    for path in names:
        for column in parquet.read_table(path).to_pydict().values():
            assert not any(SESSION in str(value) for value in column)
    assert names[1].stat() == untouched, "of another month"
    assert list(findings(store)) == []
    assert unclean(store) == []


def test_a_station_that_erases_reaches_the_files_within_the_hour(
    filled: tuple[Store, Outbox], tmp_path: Path
) -> None:
    store, outbox = filled
    archive(store)
    Forgetting(outbox, tmp_path / "state")(encode(EraseCommand(session=SESSION)))
    send(store, *(m for m in outbox.pending(99) if m.seq > 9))
    assert [name for name, _ in unclean(store)] == ["2026-03.parquet"]
    retain_once(store, 0)
    assert sorted(in_files(store)) == [2, 3, 6, 8, 9]
    assert unclean(store) == []


def test_who_is_erased_while_a_month_is_written_is_not_in_it(
    filled: tuple[Store, Outbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = filled
    write_file = files.write_file

    def written(*given: object) -> int:
        count: int = write_file(*given)
        if store.rows("SELECT 1 FROM visit WHERE code = ?", (CODE,)):
            erasure.erase(store, "north", AT, code=CODE)
        return count

    monkeypatch.setattr(archiving, "write_file", written)
    archive(store)
    assert sorted(in_files(store)) == [2, 3, 6, 8, 9]
    assert unclean(store) == []


def test_without_pyarrow_an_erasure_says_where_something_is_left(
    filled: tuple[Store, Outbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = filled
    archive(store)
    with monkeypatch.context() as patch:
        patch.setattr(files.importlib.util, "find_spec", lambda _: None)
        erased = erasure.erase(store, "north", AT, code=CODE)
    path = str(store.archive.path / "2026-03.parquet")
    assert path in erased.left
    with store.transaction() as db:
        db.execute("DELETE FROM pending_erasure")
    assert store.traces(WORDS) == ()
    assert sorted(in_files(store)) == [2, 3, 6, 8, 9]


def test_a_file_that_is_gone_or_changed_is_found(
    filled: tuple[Store, Outbox], caplog: pytest.LogCaptureFixture
) -> None:
    store, _ = filled
    archive(store)
    path = store.archive.path / "2026-04.parquet"
    kept = path.read_bytes()
    rows = [row for group in read_file(path) for row in group]
    forged = [row._replace(body=row.body.replace(b"head_tilt", b"head_TILT")) for row in rows]
    files.write_file(path, forged)
    assert {(f.first, f.what) for f in findings(store)} == {(8, "changed"), (9, "changed")}
    path.unlink()
    assert {(f.first, f.what) for f in findings(store)} == {(8, "lost"), (9, "lost")}
    assert str(path) in caplog.text
    with pytest.raises(StoreUnusable, match=r"2026-04\.parquet cannot be read"):
        list(results(store))
    path.write_bytes(kept)
    assert list(findings(store)) == []


def test_reopened_it_is_as_before(filled: tuple[Store, Outbox]) -> None:
    store, _ = filled
    before = told(store)
    for name in archive(store):
        assert reopen(store, name) > 0
    assert len(bodies_in_tables(store)) == 7
    after = told(store)
    assert (before[:3], before[4:]) == (after[:3], after[4:])
    assert list(store.archive.path.glob("*.parquet*")) == []
    with pytest.raises(SettingsInvalid, match="There is no file"):
        reopen(store, "2026-03.parquet")


def test_after_an_older_store_was_restored_nothing_is_doubled_or_lost(tmp_path: Path) -> None:
    """Its files know more than it does: it takes them back, but for who was erased since."""
    path = tmp_path / "collector.db"
    with SqliteStore(path) as store, fill(store, tmp_path / "outbox.db", upto=5):
        pass
    shutil.copy(path, tmp_path / "backup.db")
    with SqliteStore(path) as store, Outbox.open(
        tmp_path / "outbox.db", site="north", station="hall-1", limit_bytes=5_000_000,
        at_limit="refuse",
    ) as outbox:  # fmt: skip
        send(store, *outbox.pending(99))
        before = list(results(store))
        archive(store)
    for file in tmp_path.glob("collector.db-*"):
        file.unlink()
    shutil.copy(tmp_path / "backup.db", path)
    with SqliteStore(path) as store:
        with pytest.raises(StoreUnusable, match=r"reopen 2026-03\.parquet"):
            archive(store)
        assert any("2026-03.parquet" in left for left in store.traces((SESSION,)))
        assert len(list(results(store))) < len(before)
        for name in ("2026-03.parquet", "2026-04.parquet"):
            reopen(store, name)
        assert [each.body for each in results(store)] == [each.body for each in before]
        lost = [(each.first, each.last, each.what) for each in findings(store)]
        assert lost == [(7, 7, "lost")], "an event, which no file holds"
        assert archive(store) == ["2026-03.parquet", "2026-04.parquet"]


def test_a_file_of_erased_people_does_not_bring_them_back(filled: tuple[Store, Outbox]) -> None:
    store, _ = filled
    archive(store)
    kept = {p: p.read_bytes() for p in store.archive.path.glob("*.parquet")}
    erasure.erase(store, "north", AT, code=CODE)
    for path, content in kept.items():  # from a backup of the folder
        path.write_bytes(content)
    assert reopen(store, "2026-03.parquet") == 3
    assert {each.result.seq for each in results(store)} == {2, 3, 6, 8, 9}


def test_copied_into_postgresql_the_files_go_along(postgres: Postgres, tmp_path: Path) -> None:
    with (
        SqliteStore(tmp_path / "collector.db") as source,
        fill(source, tmp_path / "outbox.db"),
        PostgresStore(postgres.database(), tmp_path / "e.erasures") as target,
    ):
        archive(source)
        before = list(results(source))
        assert "archive_file" in {copied.table for copied in copy(source, target)}
        assert list(results(target)) == before
        assert list(findings(target)) == []


def test_postgresql_gives_the_room_back(postgres: Postgres, tmp_path: Path) -> None:
    size = "SELECT SUM(pg_total_relation_size(relid)) FROM pg_partition_tree('result')"
    with (
        PostgresStore(postgres.database(), tmp_path / "e.erasures") as store,
        fill(store, tmp_path / "outbox.db", padding=8_000),
    ):
        [(before,)] = store.rows(size)
        archive(store)
        [(after,)] = store.rows(size)
        assert after < before
        assert store.rows("SELECT COUNT(*) FROM unclean") == [(0,)]


def test_by_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "collector.db"
    with SqliteStore(path) as store, fill(store, tmp_path / "outbox.db"):
        at = ["--store", str(path)]
        with store.transaction() as db:
            db.execute("UPDATE ingest_key SET received_at = '2026-04-30T00:00:00.000Z'")
        assert main(["store", "archive", "--keep-months", "2", *at]) == 0
        said = capsys.readouterr().out
        assert "2026-03.parquet" in said
        assert "back them up" in said
        assert main(["verify", *at]) == 0
        assert main(["store", "archive", "--keep-months", "0", *at]) == 2
        assert main(["store", "reopen", "2026-03.parquet", *at]) == 0
        assert "5 bodies are in the tables again" in capsys.readouterr().out
        assert main(["store", "clean", *at]) == 0


def test_a_worker_archives_as_its_settings_say(tmp_path: Path) -> None:
    path = tmp_path / "collector.toml"
    said = 'site = "north"\nstore = "s.db"\n[[broker]]\nhost = "b"\n'
    path.write_text(said)
    assert load_worker_settings(path).keep_months == 0
    path.write_text("keep_months = 24\n" + said)
    assert load_worker_settings(path).keep_months == 24
    path.write_text("keep_months = -1\n" + said)
    with pytest.raises(SettingsInvalid, match="keep_months"):
        load_worker_settings(path)
    with SqliteStore(tmp_path / "collector.db") as store, fill(store, tmp_path / "outbox.db"):
        with store.transaction() as db:
            db.execute("UPDATE ingest_key SET received_at = '2026-04-30T00:00:00.000Z'")
        retain_once(store, 2)
        assert len(in_files(store)) == 7


def test_a_store_without_the_extra_says_how_to_read_its_files(
    filled: tuple[Store, Outbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    from edge.errors import PartMissing

    store, _ = filled
    archive(store)
    monkeypatch.setattr(files.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(PartMissing, match="pyarrow"):
        list(results(store))
