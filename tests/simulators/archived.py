"""A store with two months of one station: seven results, one visit of a code among them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.store import Store
from simulators.assessments import assessment

from edge.results.intact import Pending
from edge.results.outbox import Outbox
from edge.wire import clock

CODE, SESSION = "p-17", "5f1c9a2b7d3e4f60"
WORDS = (f'"{CODE}"', SESSION)
LATER = datetime(2101, 5, 3, tzinfo=UTC)  # when all that comes in a test is old
_MARCH, _APRIL = datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 4, 9, tzinfo=UTC)


@contextmanager
def fill(store: Store, path: Path, upto: int = 99, padding: int = 0) -> Iterator[Outbox]:
    """1 is the consent of 4 and 5; 2 to 6 are of March, 7 is an event, 8 and 9 are of April.

    upto : number of the last message that the store gets.
    """
    with Outbox.open(
        path, site="north", station="hall-1", limit_bytes=5_000_000, at_limit="refuse"
    ) as outbox:
        with _at(_MARCH):
            said = {"session": SESSION, "code": CODE, "version": "2026-05", "by": "badge"}
            outbox.accept_event("consent", said)
            for number in (2, 3, 4, 5, 6):
                session = SESSION if number in (4, 5) else ""
                outbox.accept(assessment(number, session=session, padding=padding))
        with _at(_APRIL):
            outbox.accept_event("camera", {"state": "back"})
            for number in (8, 9):
                outbox.accept(assessment(number, padding=padding))
        send(store, *(m for m in outbox.pending(99) if m.seq <= upto))
        yield outbox


@contextmanager
def _at(when: datetime) -> Iterator[None]:
    with (
        mock.patch.object(clock.time, "time_ns", return_value=int(when.timestamp()) * 10**9),
        mock.patch.object(clock, "is_disciplined", return_value=True),
    ):
        yield


def send(store: Store, *messages: Pending) -> None:
    """As if they had come by the broker."""
    prefix = "ps/v2/north/hall-1/"
    store.ingest([examine(Incoming(prefix + m.channel, m.payload)) for m in messages])


def visit_of(store: Store) -> str:
    """The id of a result of the visit, or of any where it is not there."""
    [(station, epoch, seq)] = store.rows(
        "SELECT station, epoch, MAX(seq) FROM result WHERE seq < 6 GROUP BY station, epoch"
    )
    return f"{station}:{epoch}:{seq}"


def bodies_in_tables(store: Store) -> list[int]:
    """Numbers of the results whose body is still there."""
    return [seq for (seq,) in store.rows("SELECT seq FROM result WHERE LENGTH(body) > 0")]
