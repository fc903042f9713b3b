"""The command `fms` as a page sends it and a station reads it."""

from __future__ import annotations

import pytest

from edge.wire.codec import decode, encode
from edge.wire.live import FmsCommand


@pytest.mark.parametrize(
    "command",
    [
        FmsCommand(session="summer", step="show"),
        FmsCommand(session="summer", step="film", movement="deep_squat"),
        FmsCommand(session="summer", step="score", score=2, by="anna"),
    ],
    ids=lambda command: command.step,
)
def test_a_step_is_read_as_it_was_sent_whatever_it_leaves_unsaid(command: FmsCommand) -> None:
    assert decode(encode(command), FmsCommand) == command
