"""Erasure to the last byte: at once in the store, in the end at every station, and for good."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from posture_tools.collector import erasure, person
from posture_tools.collector.__main__ import main
from posture_tools.collector.intake import Good, Incoming, examine
from posture_tools.collector.report import results
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from posture_tools.collector.verify import findings
from simulators.arrived import messages
from simulators.assessments import assessment
from simulators.postgres import Postgres
from simulators.site import Site, running
from simulators.waiting import eventually

from edge.results.intact import Pending
from edge.results.outbox import Outbox
from edge.screening.order import OrderBox
from edge.traces import holding
from edge.uplink.forgetting import Forgetting
from edge.wire.codec import decode, encode
from edge.wire.commands import EraseCommand
from edge.wire.event import Event
from edge.wire.order import Order
from edge.wire.topics import Topics

CODE, SESSION = "p-17", "5f1c9a2b7d3e4f60"
AT = "2100-01-01T00:00:00.000Z"  # after all that these tests accept
# The stature with its value: a station's birth names what it asks for, and nobody's answer.
WORDS = (f'"{CODE}"', SESSION, '"stature_mm":1720', '"stature_mm": 1720')


def consent(outbox: Outbox, session: str = SESSION, code: str = CODE) -> int:
    inputs = {"stature_mm": 1720.0, "sex": "female", "pain": True}
    said = {"session": session, "code": code, "version": "2026-05", "by": "badge"}
    return outbox.accept_event("consent", said | {"inputs": inputs})


def open_outbox(folder: Path) -> Outbox:
    return Outbox.open(
        folder / "outbox.db",
        site="north", station="hall-1", limit_bytes=5_000_000, at_limit="refuse",
    )  # fmt: skip


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """A visit under the code, between two visits of others."""
    with open_outbox(tmp_path / "state") as outbox:
        outbox.accept(assessment(1))
        consent(outbox)
        for number in (2, 3):
            outbox.accept(assessment(number, session=SESSION))
        outbox.accept(assessment(4))
        yield outbox


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[SqliteStore]:
    """For the command line names it."""
    (tmp_path / "store").mkdir()
    with SqliteStore(tmp_path / "store" / "collector.db") as store:
        yield store


def files_with(store: Store, request: pytest.FixtureRequest) -> list[str]:
    """The store's files, not the server's log, in which a word still stands."""
    if isinstance(store, SqliteStore):
        return [str(path) for path in holding(store.path.parent.glob(f"{store.path.name}*"), WORDS)]
    server: Postgres = request.getfixturevalue("postgres")
    [(name,)] = store.rows("SELECT current_database()")
    return [path for word in WORDS for path in server.files_with(name, word)]


def send(store: Store, *messages: Pending) -> None:
    prefix = "ps/v2/north/hall-1/"
    store.ingest([examine(Incoming(prefix + m.channel, m.payload)) for m in messages])


def sessions(store: Store) -> list[str]:
    return [stored.result.session for stored in results(store)]


def traces(folder: Path) -> list[str]:
    return [path.name for path in holding(folder.rglob("*"), WORDS)]


def test_the_station_keeps_no_byte(outbox: Outbox, tmp_path: Path) -> None:
    """Waiting, rejected, in the log, in a waiting order and in a copy of a damaged outbox."""
    state = tmp_path / "state"
    outbox.set_aside(4, "a bit")
    OrderBox(state).put(encode(Order(CODE, "2026-05")))
    shutil.copy(state / "outbox.db-wal", state / "outbox.damaged-0001.db")
    assert set(traces(state)) >= {"outbox.db-wal", "order.json", "outbox.damaged-0001.db"}
    with closing(open_outbox(state)) as other:  # the engine has the file open too
        answer = Forgetting(outbox, state)(encode(EraseCommand(code=CODE)))
        assert other.depth() == outbox.depth()
    assert answer == {"ranges": [(2, 4)], "left": ()}
    assert traces(state) == []
    told = [decode(m.body, Event) for m in outbox.pending(99) if m.channel.startswith("event")]
    assert [each.kind for each in told] == ["gap", "fault", "erase", "consent", "erase"]
    assert told[3].data == {"version": "2026-05", "by": "badge", "erased": True}
    assert told[4].data["left"] == []


def test_what_a_rolled_back_release_left_keeps_only_the_others(
    outbox: Outbox, tmp_path: Path
) -> None:
    """Its tables have a form of tomorrow; the code stands in a consent there too."""
    state = tmp_path / "state"
    other = "0badc0de0badc0de"
    kept = state / "outbox-kept-1" / "outbox.db"
    kept.parent.mkdir()
    with closing(open_outbox(kept.parent)) as newer:
        newer.accept(assessment(7))
        consent(newer, session="session-7", code="p-18")
        consent(newer, session=other)
        newer.accept(assessment(8, session=other))
        newer.accept(assessment(9))
        before = [m.body for m in newer.pending(9)]
        with closing(sqlite3.connect(kept)) as db:
            db.execute("ALTER TABLE message RENAME COLUMN body TO tomorrows")
            db.execute("PRAGMA user_version = 99")
            db.execute("PRAGMA secure_delete = OFF")
            db.execute("CREATE TABLE delivered AS SELECT tomorrows FROM message")
            db.execute("DELETE FROM delivered")
            db.commit()
        for path in kept.parent.glob("outbox.db*"):  # as a power cut leaves it
            shutil.copy(path, state / path.name.replace("outbox", "cut"))
    for path in state.glob("cut.db*"):
        path.rename(kept.with_name(path.name.replace("cut", "outbox")))
    assert kept.with_name("outbox.db-wal").stat().st_size
    assert holding(kept.parent.iterdir(), [other])
    damaged = kept.with_name("outbox.damaged-0001.db")
    damaged.write_text(f"seen {SESSION}")
    with closing(sqlite3.connect(kept)) as reader:  # so the write-ahead log outlives the erasure
        reader.execute("SELECT * FROM self").fetchone()
        answer = Forgetting(outbox, state)(encode(EraseCommand(code=CODE)))
        assert kept.with_name("outbox.db-wal").exists()
        assert answer["left"] == ()
        assert holding(state.rglob("*"), [f'"{CODE}"', SESSION, other]) == ()
    assert not damaged.exists()
    with closing(sqlite3.connect(kept)) as db:
        bodies = [body for (body,) in db.execute("SELECT tomorrows FROM message ORDER BY seq")]
        assert bodies == [before[0], before[1], before[4]]
        assert db.execute("SELECT COUNT(*) FROM self").fetchone() == (1,)


def test_a_kept_outbox_that_is_no_database_goes_and_one_in_use_is_named(
    outbox: Outbox, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    spoilt, used = (state / f"outbox-kept-{n}" / "outbox.db" for n in (1, 2))
    spoilt.parent.mkdir()
    spoilt.write_text(f"no database, but {SESSION}" * 99)
    used.parent.mkdir()
    with closing(sqlite3.connect(used)) as db:
        db.execute("CREATE TABLE message (body)")
        db.execute("INSERT INTO message VALUES (?)", (SESSION,))
        db.commit()
        db.execute("BEGIN EXCLUSIVE")
        answer = Forgetting(outbox, state)(encode(EraseCommand(session=SESSION)))
        db.rollback()
    assert answer["left"] == ("outbox-kept-2/outbox.db",)
    assert not spoilt.exists()
    assert Forgetting(outbox, state)(encode(EraseCommand(session=SESSION)))["left"] == ()


def test_a_search_that_finds_something_says_where(outbox: Outbox, tmp_path: Path) -> None:
    (tmp_path / "state" / "notes.txt").write_text(f"seen {SESSION}")
    answer = Forgetting(outbox, tmp_path / "state")(encode(EraseCommand(session=SESSION)))
    assert answer["left"] == ("notes.txt",)


def test_a_word_across_two_pieces_is_found(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * ((1 << 20) - 5) + SESSION.encode() + b"x" * 9)
    assert holding([path], [SESSION]) == (path,)
    assert holding([path], [SESSION + "y", ""]) == ()


def test_the_store_forgets_at_once_and_what_is_under_way_is_not_kept(
    outbox: Outbox, store: Store, request: pytest.FixtureRequest
) -> None:
    first, told, second, third, last = outbox.pending(9)
    send(store, first, told, second, last)
    store.ingest([examine(Incoming("ps/v2/north/hall-1/result/posture", second.body))])
    assert files_with(store, request)
    erased = erasure.erase(store, "north", AT, code=CODE)
    assert (erased.results, erased.sessions, erased.stations) == (1, (SESSION,), ("hall-1",))
    send(store, third)
    assert sessions(store) == ["session-1", "session-4"]
    [(body,)] = store.rows("SELECT body FROM event WHERE kind = 'consent'")
    assert decode(body, Event).data == {"version": "2026-05", "by": "badge", "erased": True}
    assert store.rows("SELECT COUNT(*) FROM dead_letter") == [(0,)]
    assert [f.what for f in findings(store)] == [], "hashes stay: the chain is whole"
    with store.transaction() as db:
        db.execute("DELETE FROM pending_erasure")
    assert store.traces(WORDS) == ()
    assert files_with(store, request) == []


def test_a_consent_that_comes_late_takes_its_results_along(outbox: Outbox, store: Store) -> None:
    """Each fourth message is the newest, so results may come before their consent."""
    first, told, second, third, _ = outbox.pending(9)
    send(store, first, second)
    assert erasure.erase(store, "north", AT, code=CODE).results == 0
    assert sessions(store) == ["session-1", SESSION]
    send(store, told, third)
    assert sessions(store) == ["session-1"]


def test_a_visit_after_the_erasure_is_another(outbox: Outbox, store: Store) -> None:
    send(store, outbox.pending(1)[0])
    erasure.erase(store, "north", "2026-01-02T00:00:00.000Z", code=CODE)
    send(store, *outbox.pending(9))
    assert SESSION in sessions(store)


def test_the_same_session_elsewhere_is_not_ours_to_erase(
    outbox: Outbox, store: Store, tmp_path: Path
) -> None:
    """A station's own event reaches its own results only."""
    send(store, *outbox.pending(9))
    with Outbox.open(
        tmp_path / "other.db",
        site="north", station="hall-2", limit_bytes=5_000_000, at_limit="refuse",
    ) as other:  # fmt: skip
        other.accept(assessment(1))
        other.erase(SESSION)
        for message in other.pending(9):
            topic = f"ps/v2/north/hall-2/{message.channel}"
            store.ingest([examine(Incoming(topic, message.payload))])
    erasure.erase(store, "south", AT, session=SESSION)
    assert sessions(store).count(SESSION) == 2
    outbox.erase(SESSION)
    send(store, *outbox.pending(9))
    assert SESSION not in sessions(store)


def test_a_restored_backup_brings_nobody_back(outbox: Outbox, file_store: SqliteStore) -> None:
    store = file_store
    send(store, *outbox.pending(9))
    store.traces(())
    path = store.path
    backup = path.read_bytes()
    erasure.erase(store, "north", AT, code=CODE)
    store.close()
    for each in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        each.unlink(missing_ok=True)
    path.write_bytes(backup)
    with SqliteStore(path) as restored:
        assert traces(path.parent) == []
        assert sessions(restored) == ["session-1", "session-4"]
        assert list(person.visits(restored, "north", CODE)) == []
        [message] = [m for m in outbox.pending(9) if m.seq == 3]
        send(restored, message)
        assert sessions(restored) == ["session-1", "session-4"]
    assert traces(path.parent) == []


def test_a_list_cut_by_a_power_cut_goes_on(store: Store) -> None:
    erasure.erase(store, "north", AT, session="a")
    with store.erasures.path.open("ab") as file:
        file.write(b'{"site":"no')
    erasure.erase(store, "north", AT, session="b")
    assert len(list(store.erasures.entries())) == 2


def test_a_person_reads_all_of_it(
    outbox: Outbox, file_store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    store = file_store
    send(store, *outbox.pending(9))
    words = ["person", CODE, "export", "--site", "north", "--store", str(store.path)]
    assert main(words) == 0
    text = capsys.readouterr().out
    for said in ("Consent to text 2026-05", "stature_mm = 1720.0", "sex = female",
                 "head_tilt: 0.2857 ±", "trunk_lean: not measured", "(left)"):  # fmt: skip
        assert said in text, said
    assert main([*words, "--json"]) == 0
    [visit] = json.loads(capsys.readouterr().out)
    assert [each["seq"] for each in visit["results"]] == [3, 4]
    assert visit["not_taken_in"] == []
    [session] = {each["session"] for each in visit["results"]}
    topic = Topics("north", "hall-1").message("result/posture")
    lost = examine(Incoming(topic, b'{"session":"' + session.encode() + b'","x":\x1b}'))
    store.ingest(store.judge([lost]))
    assert main([*words, "--json"]) == 0
    [copy] = json.loads(capsys.readouterr().out)[0]["not_taken_in"]
    assert (copy["kind"], session in copy["body"], "\x1b" in copy["body"]) == (
        "dead letter", True, False,
    )  # fmt: skip
    words[1] = "p-18"
    assert main(words) == 1


@pytest.mark.broker
@pytest.mark.timeout(180)
def test_every_station_is_told_until_it_proves_it(
    tmp_path: Path, mosquitto: str, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    """Signed, by the written site: a station that is away, one that is there, then both."""
    monkeypatch.setattr("posture_tools.collector.erasure_sending.EVERY_S", 0.2)
    site = Site(tmp_path, mosquitto)
    here, away = (site.station(name) for name in ("hall-1", "hall-2"))
    words = ["erase", "--code", CODE, "--site", "north", "--yes", "--store", str(site.store),
             "--keys", str(site.folder / "keys")]  # fmt: skip
    with site.broker(), site.own_collector(), running(here) as (outbox, _):
        consent(outbox)
        outbox.accept(assessment(1, session=SESSION))
        with running(away) as (other, _):
            consent(other, "0123456789abcdef")
            eventually(lambda: outbox.depth() + other.depth() == 0, within_s=40)
        assert main([*words, "--wait", "20"]) == 4
        said = capsys.readouterr()
        assert "hall-1: nothing is left" in said.out
        assert "hall-2" in said.err
        assert main(["erase", "--open", "--site", "north", "--store", str(site.store)]) == 1
        with running(away):
            assert main([*words, "--wait", "40"]) == 0
            assert "searched the store's files: nothing is left" in capsys.readouterr().out
        assert main(["erase", "--open", "--site", "north", "--store", str(site.store)]) == 0
    folders = [tmp_path / "state", *site.folder.parent.glob("collector.db*")]
    files = [path for each in folders for path in (each, *each.rglob("*"))]
    assert holding(files, [*WORDS, "0123456789abcdef"]) == ()


def test_what_asks_for_everybody_is_refused(file_store: SqliteStore) -> None:
    store = file_store
    assert main(["erase", "--yes", "--store", str(store.path)]) == 2
    assert (
        main(["erase", "--session", "a", "--code", "b", "--yes", "--store", str(store.path)]) == 2
    )


def test_what_was_left_in_a_page_that_is_free_goes_with_the_search(file_store: SqliteStore) -> None:
    """As a program leaves it that deletes without writing zeros."""
    word = "somebody-who-was-here"
    file_store.change(lambda db: db.execute("INSERT INTO tally VALUES (?, 1)", (word * 300,)))
    with closing(sqlite3.connect(file_store.path)) as other:
        other.execute("PRAGMA secure_delete = OFF")
        other.execute("DELETE FROM tally WHERE name LIKE 'somebody%'")
        other.commit()
    assert file_store.traces([word]) == ()


def test_another_body_under_an_erased_number_is_still_a_conflict(
    store: Store, tmp_path: Path
) -> None:
    """Its station gave the number twice, and must hear of it; the first one's hash stays."""
    [item] = messages(tmp_path, 1)
    assert isinstance(item, Good)
    store.ingest([item])
    erasure.erase(store, "north", AT, session=item.message.session)
    other = replace(item, body=item.body + b" ", body_sha256="f" * 64)
    assert store.ingest([other]).conflicts == 1
    assert store.ingest([other]).conflicts == 1
    assert store.ingest([item]).duplicates == 1
