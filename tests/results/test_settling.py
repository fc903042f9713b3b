"""What a receipt settles, at its bounds."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from simulators.assessments import assessment
from simulators.collector_words import receipt_for

from edge.results.outbox import Outbox


@pytest.mark.parametrize(("newest", "is_behind"), [(2, False), (3, True), (9, True)])
def test_a_collector_that_knows_the_next_number_met_a_card_that_was_not_restored(
    tmp_path: Path, newest: int, is_behind: bool
) -> None:
    """Of two messages 3 is the next: who has it was told it by a card of later days."""
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=1_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        outbox.accept(assessment(1))
        outbox.accept(assessment(2))
        epoch = outbox.epoch
        said = msgspec.structs.replace(receipt_for(outbox, [1]), newest=newest)
        settled = outbox.settle(said)
        assert settled.behind is is_behind
        assert (outbox.epoch != epoch) is is_behind
