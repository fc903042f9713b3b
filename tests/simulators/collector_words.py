"""What a collector says to a station, for tests that play it."""

from __future__ import annotations

from collections.abc import Collection

from edge.results.outbox import Outbox
from edge.wire.codec import encode
from edge.wire.receipt import Receipt, Reject, RejectCode
from edge.wire.seal import pack, seal_of
from edge.wire.topics import Topics


def receipt_for(
    outbox: Outbox,
    seqs: Collection[int] = (),
    rejected: dict[int, RejectCode] | None = None,
    *,
    newest: int = 0,
) -> Receipt:
    """Of what waits in the outbox now: these numbers are stored, those rejected."""
    hashes = {message.seq: message.sha256 for message in outbox.pending(100_000)}
    return Receipt(
        outbox.site,
        outbox.station,
        outbox.epoch,
        newest,
        tuple((seq, hashes[seq]) for seq in seqs),
        tuple(Reject(seq, hashes[seq], code) for seq, code in (rejected or {}).items()),
    )


def payload_of(receipt: Receipt) -> bytes:
    """As the broker carries it."""
    body = encode(receipt)
    topic = Topics(receipt.site, receipt.station).receipt
    return pack(body, seal_of("receipt", topic, body))
