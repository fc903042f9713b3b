"""What is seen at a glance is what counting everything says, whatever came in which order."""

from __future__ import annotations

from collections.abc import Callable

from posture_tools.collector import erasure
from posture_tools.collector.body import now
from posture_tools.collector.report import fleet
from posture_tools.collector.store import Store
from simulators.counted import as_counted

_RESULT = "INSERT INTO result VALUES (?, ?, ?, ?, 'posture', ?, 'front', ?, ?, ?, ?, ?, ?, ?)"
_KEY = "INSERT INTO ingest_key VALUES ('north', 'hall-1', ?, ?, 'stored', 'ab', '', '', 'now')"
_CLOCK = (
    "INSERT INTO event VALUES ('north', 'hall-1', 'e1', ?, 'clock', ?, ?, ?, ?, ?, ?)"
)  # fmt: skip


def come(store: Store, seq: int, session: str, utc_ns: int, **more: str) -> None:
    origin, clock, boot = (
        more.get(word, default)
        for word, default in (("origin", "camera"), ("clock", "synced"), ("boot", "b1"))
    )
    epoch = more.get("epoch", "e1")
    with store.transaction() as db:
        db.execute(_KEY, (epoch, seq))
        db.execute(
            _RESULT,
            ("north", "hall-1", epoch, seq, session, utc_ns, clock, boot, 1000 + seq, origin,
             b"{}", b""),
        )  # fmt: skip


def test_results_of_several_visits_origins_and_epochs(new_store: Callable[[], Store]) -> None:
    with new_store() as store:
        for seq, (session, utc_ns) in enumerate(
            [("a", 500), ("b", 700), ("a", 300), ("a", 900), ("c", 100)], start=1
        ):
            come(store, seq, session, utc_ns, origin="camera" if seq % 2 else "rendered")
        come(store, 9, "a", 50, epoch="e2")
        as_counted(store)
        assert store.rows("SELECT first_ns, results FROM seen_visit WHERE session = 'a'") == [
            (50, 4)
        ]


def test_a_clock_that_is_set_later_moves_the_visits_of_its_boot(
    new_store: Callable[[], Store],
) -> None:
    with new_store() as store:
        come(store, 1, "early", 7, clock="unsynced", boot="b2")
        come(store, 2, "other", 8, clock="unsynced", boot="b3")
        as_counted(store)
        with store.transaction() as db:
            db.execute(_CLOCK, (3, 900_000, "synced", "b2", 400, b"{}", b""))
        as_counted(store)
        [(first_ns,)] = store.rows("SELECT first_ns FROM seen_visit WHERE session = 'early'")
        assert first_ns == 900_000 - 400 + 1001
        come(store, 4, "late", 9, clock="unsynced", boot="b2")
        as_counted(store)


def test_what_is_erased_is_seen_no_more(new_store: Callable[[], Store]) -> None:
    with new_store() as store:
        for seq, session in enumerate(["a", "gone", "gone", "a"], start=1):
            come(store, seq, session, seq)
        store.note("north", "hall-1", "state", b"{}", online=True)
        erasure.erase(store, "north", now(), session="gone")
        as_counted(store)
        assert store.rows("SELECT session FROM seen_visit") == [("a",)]
        [line] = fleet(store)
        assert (line.results, line.missing) == (2, 0)
