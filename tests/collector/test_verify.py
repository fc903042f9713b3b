"""What a person can find out about the store: verify, dead letters, conflicts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from posture_tools.collector.__main__ import main
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.report import results
from posture_tools.collector.searching import Chosen
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from simulators.assessments import assessment

from edge.results.intact import Pending
from edge.results.outbox import Outbox
from edge.wire.codec import encode
from edge.wire.presence import State
from edge.wire.seal import digest, seal_of

PREFIX = "ps/v2/north/hall-1/"


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
    ) as box:  # fmt: skip
        for number in range(9):
            box.accept(assessment(number))
        yield box


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A file, for the command line names it."""
    with SqliteStore(tmp_path / "collector.db") as opened:
        yield opened


def send(store: Store, *messages: Pending) -> None:
    store.ingest([examine(Incoming(PREFIX + m.channel, m.payload)) for m in messages])


def told(capsys: Any, tmp_path: Path, *words: str) -> tuple[int, list[str]]:
    status = main([*words, "--store", str(tmp_path / "collector.db")])
    return status, capsys.readouterr().out.splitlines()


def test_verify_says_when_all_is_well(
    outbox: Outbox, store: Store, tmp_path: Path, capsys: Any
) -> None:
    send(store, *outbox.pending(9))
    status, lines = told(capsys, tmp_path, "verify")
    assert (status, len(lines)) == (0, 1)


def test_verify_names_what_was_changed_lost_given_up_and_is_under_way(
    outbox: Outbox, store: Store, tmp_path: Path, capsys: Any
) -> None:
    """Numbers 4 and 5 were delivered and are gone, as after a restored backup; 8 still waits."""
    message = {m.seq: m for m in outbox.pending(9)}
    outbox.set_aside(2, "a bit")
    gap = outbox.waiting(10)
    assert gap is not None
    send(store, *(message[n] for n in (1, 3, 6, 7, 9)), gap)
    state = State(True, "b", "i", outbox.epoch, 8, 11)
    store.note("north", "hall-1", "state", encode(state), online=True)
    with store.transaction() as db:
        db.execute("UPDATE result SET body = CAST('{}' AS BLOB) WHERE seq = 7")
    status, lines = told(capsys, tmp_path, "verify", "--json")
    assert status == 1
    found = [(f["what"], f["first"], f["last"]) for f in json.loads("".join(lines))]
    assert found == [("changed", 7, 7), ("given up", 2, 2), ("lost", 4, 5), ("under way", 8, 8)]


def forged(message: Pending, body: bytes) -> Pending:
    name = json.loads(message.body)["id"]
    seal = seal_of("message", PREFIX + message.channel, body, name=name)
    return Pending(message.seq, message.channel, digest(body), body, seal)


def test_verify_shows_a_break(outbox: Outbox, store: Store, tmp_path: Path, capsys: Any) -> None:
    first, second, third, *_ = outbox.pending(9)
    other = json.loads(second.body) | {"session": "another"}
    send(store, first, forged(second, json.dumps(other).encode()), third)
    _, lines = told(capsys, tmp_path, "verify")
    assert lines[0].split() == ["broken", "north/hall-1", outbox.epoch, "3"]
    _, shown = told(capsys, tmp_path, "fleet", "--json")
    assert [station["broken"] for station in json.loads("".join(shown))] == [1]


def test_a_dead_letter_is_listed_shown_replayed_and_erased(
    outbox: Outbox, store: Store, tmp_path: Path, capsys: Any
) -> None:
    message = outbox.pending(1)[0]
    bad = forged(message, b'{"schema":"\x1b[31m"}')
    send(store, bad)
    status, [line] = told(capsys, tmp_path, "dead-letters", "list")
    assert (status, line.split()[0]) == (0, bad.sha256[:12])
    assert "\x1b" not in line
    _, lines = told(capsys, tmp_path, "dead-letters", "show", bad.sha256[:12])
    assert lines[0] == PREFIX + "result/posture"
    assert told(capsys, tmp_path, "dead-letters", "replay", bad.sha256[:12])[0] == 1
    assert told(capsys, tmp_path, "dead-letters", "erase", bad.sha256[:12])[0] == 0
    assert told(capsys, tmp_path, "dead-letters", "list") == (0, [])
    assert told(capsys, tmp_path, "dead-letters", "show", bad.sha256[:12])[0] == 2
    assert told(capsys, tmp_path, "dead-letters", "show", "_%")[0] == 2


def test_a_dead_letter_of_an_older_collector_is_taken_in_by_a_newer(
    outbox: Outbox, store: Store, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = outbox.pending(1)[0]
    with monkeypatch.context() as patch:
        patch.setattr("edge.wire.bounds.MOST_NESTED", 1)
        send(store, message)
    assert list(results(store)) == []
    status, lines = told(capsys, tmp_path, "dead-letters", "replay", message.sha256)
    assert (status, lines) == (0, ["stored"])
    assert [stored.body for stored in results(store)] == [message.body]
    assert told(capsys, tmp_path, "dead-letters", "list") == (0, [])


def test_a_conflict_is_listed_and_shown(
    outbox: Outbox, store: Store, tmp_path: Path, capsys: Any
) -> None:
    message = outbox.pending(1)[0]
    other = json.loads(message.body) | {"session": "another"}
    second = forged(message, json.dumps(other).encode())
    send(store, message, second)
    _, [line] = told(capsys, tmp_path, "conflicts", "list")
    assert line.split()[0] == second.sha256[:12]
    _, lines = told(capsys, tmp_path, "conflicts", "show", second.sha256[:12])
    assert "another" in lines[1]
    assert told(capsys, tmp_path, "conflicts", "replay", second.sha256[:12])[0] == 1
    assert told(capsys, tmp_path, "conflicts", "erase", second.sha256[:12])[0] == 0
    assert told(capsys, tmp_path, "conflicts", "list") == (0, [])


def test_results_are_chosen(outbox: Outbox, store: Store) -> None:
    send(store, *outbox.pending(9))
    found = [stored.result.seq for stored in results(store, Chosen(session="session-4"))]
    assert found == [5]
    assert list(results(store, Chosen(site="south"))) == []
    assert len(list(results(store, Chosen(station="hall-1")))) == 9


def test_a_number_far_beyond_makes_one_finding(
    outbox: Outbox, store: Store, tmp_path: Path, capsys: Any
) -> None:
    message = outbox.pending(1)[0]
    told_of = json.loads(message.body) | {"seq": 2**53 - 1}
    told_of["id"] = f"hall-1:{outbox.epoch}:{2**53 - 1}"
    body = json.dumps(told_of).encode()
    seal = seal_of("message", PREFIX + message.channel, body, name=told_of["id"])
    send(store, message, Pending(1, message.channel, digest(body), body, seal))
    _, lines = told(capsys, tmp_path, "verify")
    assert lines[0].split()[-1] == f"2-{2**53 - 2}"


def test_what_a_spreadsheet_would_carry_out_is_quoted(
    outbox: Outbox, store: Store, tmp_path: Path, capsys: Any
) -> None:
    message = outbox.pending(1)[0]
    other = json.loads(message.body) | {"session": "=1+1"}
    send(store, forged(message, json.dumps(other).encode()))
    _, lines = told(capsys, tmp_path, "export", "--csv", "-")
    assert ",'=1+1," in lines[1]


def test_a_result_that_an_older_collector_took_stops_no_listing(
    outbox: Outbox, store: Store, tmp_path: Path, capsys: Any
) -> None:
    send(store, *outbox.pending(2))
    store.change(
        lambda db: db.execute(
            "UPDATE result SET body = CAST(replace(CAST(body AS TEXT), 'session-0', '\\u001b[2J')"
            " AS BLOB) WHERE seq = 1"
        )
    )
    status, lines = told(capsys, tmp_path, "list")
    assert status == 0
    assert "unreadable" in lines[1]
    assert "session-1" in lines[2]
    assert "\x1b" not in "".join(lines)
    assert told(capsys, tmp_path, "export", "--csv", "-")[0] == 0
