"""What was erased leaves the database's log too, on both machines, as docs/grow.md says."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import missing
from posture_tools.collector import erasure
from posture_tools.collector.postgres.store import PostgresStore
from simulators.arrived import messages
from simulators.postgres import Pair, Postgres, find_postgres
from simulators.waiting import eventually

AT = "2100-01-01T00:00:00.000Z"
GONE, STAYS = "session-3", "session-5"


@pytest.mark.timeout(300)
def test_an_hour_and_two_checkpoints_later_the_log_holds_nothing_of_it(tmp_path: Path) -> None:
    """With the operator's file. The hour is a second here, and checkpoints do not wait."""
    programs = find_postgres()
    if programs is None:
        missing("the program initdb (Debian package postgresql)")
    assert programs is not None
    with Pair(programs) as pair:
        [(hour,)] = pair.primary.ask("SELECT current_setting('archive_timeout')")
        assert hour == "1h"
        with PostgresStore(pair.address, tmp_path / "erasures") as store:
            store.ingest(messages(tmp_path, 8))
            erasure.erase(store, "north", AT, session=GONE)
            store.traces(())
            both = (pair.primary, pair.standby)
            assert all(server.logs_with(GONE) for server in both), "as long as it is needed"
            [(file,)] = pair.primary.ask("SELECT pg_walfile_name(pg_current_wal_lsn())")
            pair.primary.do("ALTER SYSTEM SET archive_timeout = '1s'", "SELECT pg_reload_conf()")
            number = 0

            def is_closed() -> bool:
                """A station speaks now and then; a server to which nobody speaks closes nothing."""
                nonlocal number
                number += 1
                store.note("north", "hall-1", "health", b'{"number":%d}' % number)
                [(now,)] = pair.primary.ask("SELECT pg_walfile_name(pg_current_wal_lsn())")
                return bool(now > file)

            eventually(is_closed, within_s=60)
            for _ in range(2):
                is_closed()
                pair.primary.do("CHECKPOINT")
            eventually(lambda: follows(pair), within_s=60)
            pair.standby.do("CHECKPOINT")
            for server in both:
                assert server.logs_with(GONE) == []
                assert all(name > file for name in log_files(server)), "kept under no other name"
            assert store.rows("SELECT COUNT(*) FROM result") == [(7,)]


def log_files(server: Postgres) -> list[str]:
    return [path.name for path in (server.data / "pg_wal").iterdir() if len(path.name) == 24]


def follows(pair: Pair) -> bool:
    """Whether the standby has made all of what the primary did."""
    [(at,)] = pair.primary.ask("SELECT pg_current_wal_lsn()")
    [(there,)] = pair.standby.ask(f"SELECT pg_last_wal_replay_lsn() >= pg_lsn('{at}')")
    return bool(there)
