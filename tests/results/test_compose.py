"""How much one message may say."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulators.assessments import assessment

from edge.errors import MessageRefused
from edge.results.outbox import Outbox

MOST_BYTES = 14 * 1024  # of 16 on the wire: names that it gets later need room


def test_a_message_is_refused_from_the_first_byte_too_many(tmp_path: Path) -> None:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        outbox.accept(assessment(padding=1000))
        [message] = outbox.pending(1)
        room = 1000 + MOST_BYTES - len(message.body)
        outbox.accept(assessment(padding=room - 100))
        with pytest.raises(MessageRefused, match=f"the wire carries {MOST_BYTES}"):
            outbox.accept(assessment(padding=room + 100))


def test_the_last_byte_that_there_is_room_for_is_used(tmp_path: Path) -> None:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        outbox.accept(assessment(padding=1000))
        outbox.accept(assessment(padding=1000))
        [_, message] = outbox.pending(2)
        room = 1000 + MOST_BYTES - len(message.body)
        outbox.accept(assessment(padding=room))
        assert len(outbox.pending(3)[2].body) == MOST_BYTES
        with pytest.raises(MessageRefused, match=f"has {MOST_BYTES + 1} bytes"):
            outbox.accept(assessment(padding=room + 1))
