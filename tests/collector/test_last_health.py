"""The last health of each station on its way into the store."""

from __future__ import annotations

from pathlib import Path

import pytest
from posture_tools.collector.last_health import LastHealth
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Note

from edge.errors import StoreFailed


def health(station: str, body: bytes) -> Note:
    return Note("north", station, "health", body, online=True)


def kept(store: SqliteStore) -> dict[str, bytes]:
    return dict(store.rows("SELECT station, health FROM station"))


def test_the_last_word_of_each_station_is_written_and_then_no_more(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "collector.db") as store:
        last = LastHealth(store)
        for station, body in (("hall-1", b"1"), ("hall-2", b"2"), ("hall-1", b"3")):
            last.hear(health(station, body))
        last.write(every_s=0.0)
        assert kept(store) == {"hall-1": b"3", "hall-2": b"2"}
        store.note("north", "hall-1", "health", b"4")
        last.write(every_s=0.0)  # nothing is left that could be written over it
        assert kept(store) == {"hall-1": b"4", "hall-2": b"2"}


def test_within_the_time_it_waits_and_goes_before_another_word_of_its_station(
    tmp_path: Path,
) -> None:
    with SqliteStore(tmp_path / "collector.db") as store:
        last = LastHealth(store)
        last.hear(health("hall-1", b"1"))
        last.write(every_s=0.0)
        last.hear(health("hall-1", b"2"))
        last.hear(health("hall-2", b"5"))
        last.write(every_s=3600.0)
        assert kept(store) == {"hall-1": b"1"}
        will = Note("north", "hall-1", "state", b"", online=False)
        assert last.before(will) == [health("hall-1", b"2"), will]
        assert last.before(will) == [will]
        last.write(every_s=0.0)  # that of hall-1 goes with its will, not after it
        assert kept(store) == {"hall-1": b"1", "hall-2": b"5"}


def test_what_the_store_did_not_take_is_kept_for_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SqliteStore(tmp_path / "collector.db") as store:
        last = LastHealth(store)
        last.hear(health("hall-1", b"1"))

        def away(_notes: object) -> None:
            raise StoreFailed("The disk is full.", "Make room.")

        with monkeypatch.context() as patched:
            patched.setattr(store, "note_all", away)
            with pytest.raises(StoreFailed):
                last.write(every_s=0.0)
        last.write(every_s=0.0)
        assert kept(store) == {"hall-1": b"1"}
