"""How much one message may say."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from simulators.assessments import assessment
from simulators.collector_words import receipt_for

from edge.errors import MessageRefused
from edge.results.outbox import Outbox
from edge.wire.codec import decode_message
from edge.wire.event import Event

MOST_BYTES = 14 * 1024  # of 16 on the wire: names that it gets later need room


def opened(folder: Path) -> Outbox:
    return Outbox.open(
        folder / "outbox.db", site="north", station="hall-1", limit_bytes=10_000_000,
        at_limit="refuse",
    )  # fmt: skip


def test_a_message_is_refused_from_the_first_byte_too_many(tmp_path: Path) -> None:
    with opened(tmp_path) as outbox:
        outbox.accept(assessment(padding=1000))
        [message] = outbox.pending(1)
        room = 1000 + MOST_BYTES - len(message.body)
        outbox.accept(assessment(padding=room - 100))
        with pytest.raises(MessageRefused, match=f"the wire carries {MOST_BYTES}"):
            outbox.accept(assessment(padding=room + 100))


def test_the_last_byte_that_there_is_room_for_is_used(tmp_path: Path) -> None:
    with opened(tmp_path) as outbox:
        outbox.accept(assessment(padding=1000))
        outbox.accept(assessment(padding=1000))
        [_, message] = outbox.pending(2)
        room = 1000 + MOST_BYTES - len(message.body)
        outbox.accept(assessment(padding=room))
        assert len(outbox.pending(3)[2].body) == MOST_BYTES
        with pytest.raises(MessageRefused, match=f"has {MOST_BYTES + 1} bytes"):
            outbox.accept(assessment(padding=room + 1))


def test_a_message_without_room_for_its_earlier_name_is_set_aside_by_a_new_epoch(
    tmp_path: Path,
) -> None:
    """Version 0.1 committed such ones; one byte less goes along."""
    with opened(tmp_path) as outbox:
        outbox.accept(assessment())
        outbox.accept(assessment())
        with closing(sqlite3.connect(tmp_path / "outbox.db")) as db:
            for seq, size in ((1, MOST_BYTES), (2, MOST_BYTES + 1)):
                [(body,)] = db.execute("SELECT body FROM message WHERE seq = ?", (seq,)).fetchall()
                longer = body + b" " * (size - len(body))
                db.execute(
                    "UPDATE message SET body = ?, sha256 = ? WHERE seq = ?",
                    (longer, hashlib.sha256(longer).hexdigest(), seq),
                )
            db.commit()
        outbox.settle(receipt_for(outbox, newest=7))  # a restored card
        bodies = [decode_message(message.body) for message in outbox.pending(9)]
        assert [body.kind for body in bodies] == ["epoch", "posture", "fault"]
        assert isinstance(bodies[2], Event)
        [told] = bodies[2].data["messages"]
        assert told["seq"] == 2
        assert told["problem"] == f"{MOST_BYTES + 1} bytes leave no room for its earlier name"
