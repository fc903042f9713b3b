"""Events of a release on their way to the collector, and how a roll-out sees them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from posture_tools.collector import rollout
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.software_world import release

from edge.errors import OutboxFull
from edge.results.outbox import Outbox
from edge.software.events import EventBook, tell_new


def test_events_are_told_once_in_order_and_the_rest_later(tmp_path) -> None:
    book = EventBook(tmp_path / "guard")
    for step in ("install", "trial", "confirm"):
        book.tell({"step": step, "reason": "ok"})
    told: list[dict] = []

    def full_after_one(data: dict) -> None:
        if told:
            raise OutboxFull("full")
        told.append(data)

    with pytest.raises(OutboxFull):
        tell_new(tmp_path / "guard", tmp_path / "told", full_after_one)
    assert tell_new(tmp_path / "guard", tmp_path / "told", told.append) == 2
    assert [(each["n"], each["step"]) for each in told] == [
        (1, "install"),
        (2, "trial"),
        (3, "confirm"),
    ]
    assert tell_new(tmp_path / "guard", tmp_path / "told", told.append) == 0


def test_events_are_bounded_and_keep_their_numbers(tmp_path) -> None:
    book = EventBook(tmp_path)
    for _ in range(230):
        book.tell({"step": "boot"})
    told: list[dict] = []
    assert tell_new(tmp_path, tmp_path / "told", told.append) == 200
    assert told[-1]["n"] == 230


def test_a_damaged_event_holds_nothing_up(tmp_path) -> None:
    book = EventBook(tmp_path)
    book.tell({"step": "one"})
    book.tell({"step": "two"})
    (tmp_path / "events" / "00000001.json").write_bytes(b"\0\0")
    told: list[dict] = []
    tell_new(tmp_path, tmp_path / "told", told.append)
    assert [each["step"] for each in told] == ["two"]


@pytest.mark.parametrize(
    ("behaviour", "progress"), [("well", "CONFIRMED"), ("crashes", "ROLLED_BACK")]
)
def test_a_roll_out_follows_a_release(publisher, station, tmp_path, behaviour, progress) -> None:
    sha256 = release(publisher, "1.1.0", behaviour=behaviour)
    station.update()
    with Outbox.open(
        tmp_path / "outbox.db", site="north", station="hall-1", limit_bytes=1_000_000,
        at_limit="refuse",
    ) as outbox, SqliteStore(tmp_path / "collector.db") as store:  # fmt: skip
        for event in station.downloads:
            outbox.accept_event("software", event)
        tell_new(station.places.folder, tmp_path / "told",
                 lambda data: outbox.accept_event("software", data))  # fmt: skip
        store.note("north", "hall-1", "state", b"{}", online=True)
        store.ingest(
            [
                examine(Incoming(f"ps/v2/north/hall-1/{m.channel}", m.payload))
                for m in outbox.pending(50)
            ]
        )
        [line] = rollout.progress_of(
            rollout.stations(store), rollout.model_events(store), sha256, 100, datetime.now(UTC)
        )
    assert line.progress is rollout.Progress[progress]
