"""Messages of a station's outbox, examined as they arrive at the collector."""

from __future__ import annotations

from pathlib import Path

from posture_tools.collector.intake import Bad, Good, Incoming, examine
from simulators.assessments import assessment

from edge.results.outbox import Outbox
from edge.wire.topics import Topics


def messages(folder: Path, count: int, station: str = "hall-1") -> list[Good | Bad]:
    with Outbox.open(
        folder / f"{station}.db",
        site="north", station=station, limit_bytes=50_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        for number in range(count):
            outbox.accept(assessment(number))
        topics = Topics("north", station)
        return [
            examine(Incoming(topics.message(m.channel), m.payload)) for m in outbox.pending(count)
        ]
