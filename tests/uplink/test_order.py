"""In which order an outbox empties."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

from simulators.assessments import assessment

from edge.results.outbox import Outbox
from edge.uplink.hang_ups import HangUps
from edge.uplink.sending import Sending
from edge.wire.keys import Signer
from edge.wire.topics import Topics


class Sent:
    """Stands for a connection, of which it only keeps what is published."""

    receive_maximum, packet_limit_bytes = 100, 10**9

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self._mids = itertools.count(1)

    def publish(self, _topic: str, body: bytes, **_options: Any) -> int:
        self.bodies.append(body)
        return next(self._mids)


def opened(folder: Path, signer: Signer | None = None) -> Outbox:
    return Outbox.open(
        folder / "outbox.db", site="north", station="hall-1", limit_bytes=10_000_000,
        at_limit="refuse", signer=signer,
    )  # fmt: skip


def sending_of(outbox: Outbox, connection: Sent, hang_ups: HangUps | None = None) -> Sending:
    stands_for: Any = connection
    return Sending(
        stands_for, outbox, Topics("north", "hall-1"), hang_ups or HangUps(),
        window=8, resend_s=60.0, on_trouble=lambda _problem: None,
    )  # fmt: skip


def test_each_fourth_message_is_the_newest(tmp_path: Path) -> None:
    """So that a long backlog does not keep what is measured now from those who wait for it."""
    connection = Sent()
    with opened(tmp_path) as outbox:
        for number in range(12):
            outbox.accept(assessment(number))
        seqs = {message.payload: message.seq for message in outbox.pending(99)}
        sending = sending_of(outbox, connection)
        sending.send_what_is_due(time.monotonic())
    assert [seqs[body] for body in connection.bodies] == [1, 2, 3, 12, 4, 5, 6, 7]


def test_after_a_new_epoch_no_message_of_the_old_one_is_suspected(tmp_path: Path) -> None:
    """Its numbers mean other messages: one of them would be held back for nothing."""
    connection, hang_ups = Sent(), HangUps()
    with opened(tmp_path) as outbox:
        outbox.accept(assessment())
        sending = sending_of(outbox, connection, hang_ups)
        sending.send_what_is_due(time.monotonic())
        sending.broke()
        assert hang_ups.suspects == {1}
        sending.begin_epoch()
        sending.broke()
    assert hang_ups.suspects == set()


def test_what_nobody_has_sealed_yet_waits_for_the_holder_of_the_key(tmp_path: Path) -> None:
    """Accepted by a program without the key, while the engine that has it is busy."""
    connection = Sent()
    with opened(tmp_path, signer=Signer.new()) as engine, opened(tmp_path) as other:
        other.accept(assessment())
        sending = sending_of(other, connection)
        now_s = time.monotonic()
        sending.send_what_is_due(now_s)
        sending.send_what_is_due(now_s + 30.0)
        assert connection.bodies == []
        engine.tend()
        sending.send_what_is_due(now_s + 70.0)
        assert len(connection.bodies) == 1


def test_a_collector_that_seems_away_is_tried_with_one_message_after_the_other(
    tmp_path: Path,
) -> None:
    connection = Sent()
    with opened(tmp_path) as outbox:
        for number in range(3):
            outbox.accept(assessment(number))
        seqs = {message.payload: message.seq for message in outbox.pending(99)}
        sending = sending_of(outbox, connection)
        for _ in range(4):
            sending.try_one()
    assert [seqs[body] for body in connection.bodies] == [1, 2, 3, 1]
