"""A batch, message after message, inside its transaction; and what its stations are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from posture_tools.collector.dead_letters import bury, evict
from posture_tools.collector.hearing import see
from posture_tools.collector.intake import Bad, Good
from posture_tools.collector.sql import Sql
from posture_tools.collector.store import Outcome
from posture_tools.collector.taking import Answer, take
from posture_tools.collector.webhooks.queue import queue

from edge.wire.receipt import Receipt
from edge.wire.topics import Topics

Answers = dict[tuple[Topics, str], list[Answer]]


def commit(db: Sql, batch: Sequence[Good | Bad], at: str) -> Outcome:
    """Take in each message; the receipts are true as soon as the transaction is committed."""
    outcome = Outcome()
    answers: Answers = {}
    for item in batch:
        if item.key is not None:
            see(db, item.key.site, item.key.station, at, online=True)
        take_one(db, item, at, outcome, answers)
    if outcome.dead:
        evict(db)
    queue(db, outcome.stored)
    for (topics, epoch), given in answers.items():
        (newest,) = db.execute(
            "SELECT MAX(seq) FROM ingest_key WHERE site = ? AND station = ? AND epoch = ?",
            (topics.site, topics.station, epoch),
        ).fetchone()
        outcome.receipts.append((topics, receipt(topics, epoch, newest or 0, given)))
    return outcome


def take_one(db: Sql, item: Good | Bad, at: str, outcome: Outcome, answers: Answers) -> None:
    """Bury or store one message, and note the result for counts and receipts.

    at : now, RFC 3339. outcome, answers : of the batch, grown here.
    """
    if isinstance(item, Bad):
        outcome.dead += 1
        bury(db, item, at)
    if item.key is None:
        return
    answer = take(db, item, item.key, at)
    if answer.what == "stored" and isinstance(item, Good):
        outcome.stored.append(item)
    outcome.duplicates += answer.what == "duplicate"
    outcome.conflicts += answer.what == "conflict"
    answers.setdefault((item.address.topics, item.key.epoch), []).append(answer)


def receipt(topics: Topics, epoch: str, newest: int, given: Iterable[Answer]) -> Receipt:
    """The receipt for one epoch. newest : the highest number of it that the store knows."""
    told = list(given)
    return Receipt(
        topics.site,
        topics.station,
        epoch,
        newest,
        tuple(dict.fromkeys((a.seq, a.sha256) for a in told if a.reject is None)),
        tuple(dict.fromkeys(a.reject for a in told if a.reject is not None)),
    )
