"""One batch is committed while the next is read: whoever dies or fails there, each result stands
once, and nobody is told of what was not committed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from posture_tools.collector.committer import Batch, Committer
from posture_tools.collector.intake import Bad, Good, Incoming, examine
from posture_tools.collector.judging import Judge
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.store import Outcome, Store
from posture_tools.collector.trust import withdraw
from posture_tools.collector.verify import findings
from posture_tools.load.simulated import SimulatedStation
from simulators.children import Child
from simulators.mosquitto import Mosquitto
from simulators.postgres import Postgres
from simulators.waiting import eventually

from edge.errors import StoreFailed
from edge.wire.topics import parse

DYING = Path(__file__).parents[1] / "simulators" / "dying_worker.py"
STATIONS, EACH = 40, 40


@pytest.mark.broker
@pytest.mark.timeout(300)
def test_a_worker_that_dies_between_commit_and_receipt_loses_and_doubles_nothing(
    tmp_path: Path, mosquitto: str, postgres: Postgres
) -> None:
    address = postgres.database()
    with ExitStack() as stack:
        broker = stack.enter_context(
            Mosquitto(mosquitto, tmp_path / "broker", "max_queued_messages 100000")
        )
        config = tmp_path / "collector.toml"
        config.write_text(f'site = "load"\nstore = "{address}"\n[[broker]]\nport = {broker.port}\n')
        words = ("run", "--config", str(config))
        told = tmp_path / "told"
        dying = Child(str(DYING), str(told), *words)
        stack.callback(dying.kill)
        eventually(lambda: bool(dying.lines), within_s=60)
        load = Child(
            "-m", "posture_tools.load", "run", "--site", "load", "--stations", str(STATIONS),
            "--each", str(EACH), "--patience", "120", "--broker", f"127.0.0.1:{broker.port}",
            "--json",
        )  # fmt: skip
        stack.callback(load.kill)
        eventually(told.exists, within_s=100)
        committed, under_way = (int(count) for count in told.read_text().split())
        assert committed > 0
        assert under_way > 0
        worker = Child("-m", "posture_tools.collector", *words)
        stack.callback(worker.kill)
        eventually(lambda: bool(load.lines), within_s=120)
        said = json.loads("".join(load.lines))
        assert (said["answered"], said["unanswered"]) == (STATIONS * EACH, 0)
    with PostgresStore(address, tmp_path / "erasures") as store:
        assert store.rows("SELECT COUNT(*) FROM result") == [(STATIONS * EACH,)]
        assert store.rows("SELECT COUNT(DISTINCT (station, epoch, seq, part)) FROM measure") == (
            store.rows("SELECT COUNT(*) FROM measure")
        )
        assert store.rows("SELECT DISTINCT link FROM ingest_key") == [("ok",)]
        assert list(findings(store)) == []
        assert list(store.problems()) == []


def results(count: int, stations: Sequence[SimulatedStation]) -> list[Good]:
    """So many of each, in turn."""
    found = []
    for message in (each.next(time.time()) for _ in range(count) for each in stations):
        item = examine(Incoming(message.topic, message.payload))
        assert isinstance(item, Good)
        found.append(item)
    return found


def made(*names: str) -> list[SimulatedStation]:
    return [SimulatedStation("load", name, 3, 0.0) for name in names]


def test_parts_of_a_batch_are_told_together(store: Store) -> None:
    committer = Committer(store)
    stations = made(*(f"hall-{n}" for n in range(9)))
    items: list[Good | Bad] = [*results(5, stations)]
    committer.begin(Batch(len(items), [], items))
    batch = committer.wait()
    assert batch is not None
    assert len(batch.outcome.stored) == len(items)
    told = {(r.station, seq) for _, r in batch.outcome.receipts for seq, _ in r.settled}
    assert told == {(item.key.station, item.key.seq) for item in items}
    assert len(batch.outcome.receipts) == len(stations)
    assert committer.wait() is None
    committer.close()
    assert store.rows("SELECT DISTINCT link FROM ingest_key") == [("ok",)]


def test_where_one_part_fails_nobody_is_told_of_another(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was committed all the same is known when it comes again."""
    stations = made(*(f"hall-{n}" for n in range(9)))
    items: list[Good | Bad] = [*results(2, stations)]
    real = store.ingest

    def fails(batch: Sequence[Good | Bad]) -> Outcome:
        if any(item.address.station == "hall-4" for item in batch):
            raise StoreFailed("The disk is full.")
        return real(batch)

    committer = Committer(store)
    monkeypatch.setattr(store, "ingest", fails)
    committer.begin(Batch(len(items), [], items))
    with pytest.raises(StoreFailed):
        committer.wait()
    monkeypatch.setattr(store, "ingest", real)
    committer.begin(Batch(len(items), [], items))
    batch = committer.wait()
    assert batch is not None
    assert len(batch.outcome.stored) + batch.outcome.duplicates == len(items)
    assert store.rows("SELECT COUNT(*) FROM result") == [(len(items),)]
    committer.close()


def test_a_key_that_is_new_is_believed_at_once(store: Store) -> None:
    """What was asked a moment ago must not bury the first results of a station's new key."""
    judge = Judge(store)
    [old] = made("hall-1")
    store.enrol(parse(old.topics.enrol), old.enrolment())
    first = results(1, [old])
    assert judge.judge(first) == first
    [new] = made("hall-1")
    [stranger] = judge.judge(results(1, [new]))
    assert isinstance(stranger, Bad)
    store.change(lambda db: db.execute("DELETE FROM trusted"))
    store.enrol(parse(new.topics.enrol), new.enrolment())
    own = results(1, [new])
    assert judge.judge(own) == own


def test_who_was_revoked_is_heard_for_a_second_at_most(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = Judge(store)
    [station] = made("hall-1")
    store.enrol(parse(station.topics.enrol), station.enrolment())
    first = results(1, [station])
    assert judge.judge(first) == first
    store.change(lambda db: withdraw(db, ("load", "hall-1")))
    now_s = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now_s + 1.1)
    [refused] = judge.judge(results(1, [station]))
    assert isinstance(refused, Bad)
    assert refused.problem == "its station was revoked"
