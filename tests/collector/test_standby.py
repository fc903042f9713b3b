"""A primary and its synchronous standby, by the files and scripts that an operator copies."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import missing
from posture_tools.collector import erasure
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.verify import findings
from simulators.arrived import messages
from simulators.postgres import Pair, Postgres, find_postgres
from simulators.waiting import eventually

from edge.errors import StoreFailed

pytestmark = pytest.mark.timeout(240)
AT = "2100-01-01T00:00:00.000Z"


@pytest.fixture
def programs() -> Path:
    found = find_postgres()
    if found is None:
        missing("the program initdb (Debian package postgresql)")
    assert found is not None
    return found


@pytest.fixture
def pair(programs: Path) -> Iterator[Pair]:
    with Pair(programs) as both:
        yield both


class Doing:
    """Something that may wait for ever, in a thread."""

    def __init__(self, what: Callable[[], object]) -> None:
        self.done = False
        self.failed: Exception | None = None
        self._what = what
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._what()
            self.done = True
        except Exception as problem:  # noqa: BLE001 - looked at by the test
            self.failed = problem


def waits_for_standby(server: Postgres) -> bool:
    return bool(server.ask("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"))


def test_a_promoted_standby_has_every_receipt_and_the_old_primary_gives_none(
    pair: Pair, tmp_path: Path
) -> None:
    sent = messages(tmp_path, 40)
    with PostgresStore(pair.address, tmp_path / "erasures") as store:
        eventually(lambda: store.standbys() == 1)
        settled = {
            seq for _, receipt in store.ingest(sent[:20]).receipts for seq, _ in receipt.settled
        }
        pair.primary.kill()
        with pytest.raises(StoreFailed):
            store.ingest(sent[20:])
        assert "one machine" not in pair.standby.script("promote")
        waiting = Doing(lambda: store.ingest(sent[20:30]))
        eventually(lambda: waits_for_standby(pair.standby), within_s=60)
        assert not waiting.done, "a promoted server waits for a standby of its own"
        third = pair.standby
        old = pair.primary
        old.start()  # its machine is mended, and nobody told it
        with PostgresStore(old.address(pair.name), tmp_path / "erasures") as stale:
            refused = Doing(lambda: stale.ingest(sent[30:]))
            eventually(lambda: waits_for_standby(old), within_s=60)
            with PostgresStore(pair.address, tmp_path / "erasures") as fresh:
                assert fresh.rows("SELECT pg_walfile_name(pg_current_wal_lsn())")[0][0] > "00000002"
            assert not refused.done
            old.kill()
            refused.thread.join(30)
            assert isinstance(refused.failed, StoreFailed), "no receipt ever came from it"
        old.make_standby(third)
        old.start()
        waiting.thread.join(60)
        assert waiting.done, "the wait ended with the new standby"
        store.ingest(sent)
        stored = {seq for (seq,) in store.rows("SELECT seq FROM result")}
        assert settled <= stored
        assert stored == set(range(1, 41))
        assert store.rows("SELECT DISTINCT link FROM ingest_key") == [("ok",)]
        assert list(findings(store)) == []
        eventually(lambda: store.standbys() == 1)


def test_results_are_taken_in_alone_only_where_somebody_says_so(pair: Pair, tmp_path: Path) -> None:
    sent = messages(tmp_path, 10)
    with PostgresStore(pair.address, tmp_path / "erasures") as store:
        store.ingest(sent[:5])
        pair.primary.kill()
        assert "this machine alone" in pair.standby.script("promote", "--alone")
        with pytest.raises(AssertionError, match="no standby"):
            pair.standby.script("promote")

        def goes_on() -> bool:
            try:
                store.ingest(sent)
            except StoreFailed:
                return False
            return True

        eventually(goes_on, within_s=60)
        assert store.standbys() is None
        assert store.rows("SELECT COUNT(*) FROM result") == [(10,)]


def test_nothing_is_acknowledged_while_the_standby_is_away(pair: Pair, tmp_path: Path) -> None:
    sent = messages(tmp_path, 8)
    with PostgresStore(pair.primary.address(pair.name), tmp_path / "erasures") as store:
        store.ingest(sent[:4])
        pair.standby.kill()
        waiting = Doing(lambda: store.ingest(sent[4:]))
        eventually(lambda: waits_for_standby(pair.primary), within_s=60)
        time.sleep(1.0)
        assert not waiting.done
        pair.standby.start()
        waiting.thread.join(60)
        assert waiting.done
        assert store.rows("SELECT COUNT(*) FROM result") == [(8,)]


def test_a_wait_that_somebody_cancels_is_no_commit(pair: Pair, tmp_path: Path) -> None:
    """PostgreSQL then reports success with a warning; a receipt would promise two copies."""
    sent = messages(tmp_path, 8)
    with PostgresStore(pair.primary.address(pair.name), tmp_path / "erasures") as store:
        store.ingest(sent[:4])
        pair.standby.kill()
        waiting = Doing(lambda: store.ingest(sent[4:]))
        eventually(lambda: waits_for_standby(pair.primary), within_s=60)
        pair.primary.ask(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        )
        waiting.thread.join(30)
        assert isinstance(waiting.failed, StoreFailed)
        assert "one machine" in str(waiting.failed)
        pair.standby.start()
        assert store.ingest(sent).duplicates == 8, "and then all have their receipts"


def test_a_worker_leaves_a_primary_that_lets_it_wait(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be an old one, before the new one was reached."""
    monkeypatch.setattr("posture_tools.collector.postgres.store._PATIENCE_S", 2.0)
    sent = messages(tmp_path, 8)
    with PostgresStore(pair.address, tmp_path / "erasures") as store:
        store.ingest(sent[:4])
        pair.standby.kill()
        with pytest.raises(StoreFailed):
            store.ingest(sent[4:])
        pair.standby.start()
        store.ingest(sent)
        assert store.rows("SELECT COUNT(*) FROM result") == [(8,)]


def test_a_restored_backup_is_whole_and_forgets_again(programs: Path, tmp_path: Path) -> None:
    """By the operator's script; the list of erasures lay elsewhere."""
    sent = messages(tmp_path, 12)
    with Postgres(programs) as server:
        address = server.database()
        kept = server.folder / "backups"
        with PostgresStore(address, tmp_path / "erasures") as store:
            store.ingest(sent[:8])
            old = kept / "2020-01-01T000000"
            server.script("backup", str(kept))
            backup = Path(server.script("backup", str(kept)).strip())
            assert backup.parent == kept
            store.ingest(sent[8:])
            erasure.erase(store, "north", AT, session="session-3")
        assert not old.exists()
        server.kill()
        shutil.rmtree(server.data)
        shutil.copytree(backup, server.data)  # as docs/grow.md says
        for path in (server.data, *server.data.rglob("*")):
            shutil.chown(path, *(["postgres"] * 2 if server.owned else [None, None]))
        server.data.chmod(0o700)
        server.start()
        name = address.rpartition("/")[2].partition("?")[0]
        assert server.files_with(name, "session-3"), "the backup still knows it"
        with PostgresStore(address, tmp_path / "erasures") as store:
            held = {session for (session,) in store.rows("SELECT session FROM result")}
            assert held == {f"session-{n}" for n in range(8)} - {"session-3"}
            assert server.files_with(name, "session-3") == []
            outcome = store.ingest(sent)
            assert len(outcome.stored) == 4, "what still waits at a station comes by itself"
            assert list(store.problems()) == []


def test_a_backup_that_is_too_old_goes(programs: Path, tmp_path: Path) -> None:
    import os

    with Postgres(programs) as server:
        kept = server.folder / "backups"
        first = Path(server.script("backup", str(kept)).strip())
        long_ago_s = time.time() - 31 * 86_400
        os.utime(first, (long_ago_s, long_ago_s))
        second = Path(server.script("backup", str(kept), "30").strip())
        assert sorted(kept.iterdir()) == [second]
