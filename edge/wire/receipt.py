"""What the collector answers: which bodies it holds, and which it could not take in."""

from __future__ import annotations

from typing import Literal

import msgspec

from edge.wire.fields import Count, Epoch, Seq, Sha256
from edge.wire.ranges import Ranges, compress
from edge.wire.topics import TopicLevel

RejectCode = Literal["malformed", "too_large", "topic_mismatch", "conflict"]


class Reject(msgspec.Struct, frozen=True):
    """A body the collector could not take in, and why. It stands in its dead letters.

    seq : 0 where the message could not be read so far. conflict : it holds another body of this
    number; that of a card restored from a copy.
    """

    seq: Count
    sha256: Sha256
    code: RejectCode


class Receipt(msgspec.Struct, frozen=True, tag_field="schema", tag="ps.receipt/2"):
    """Sent after the collector's commit.

    newest : the highest number of the epoch that it knows. settled : number and hash of the bodies
    that need not be sent again: stored, or erased.
    """

    site: TopicLevel
    station: TopicLevel
    epoch: Epoch
    newest: Count
    settled: tuple[tuple[Seq, Sha256], ...] = ()
    reject: tuple[Reject, ...] = ()


class OldReject(msgspec.Struct, frozen=True):
    """A rejected body as version 0.1 knows it: without a hash."""

    seq: Seq
    code: RejectCode


class OldReceipt(msgspec.Struct, frozen=True, tag_field="schema", tag="ps.receipt/1"):
    """What a station of version 0.1 understands: the ranges `have`, by number alone."""

    epoch: Epoch
    upto: Count
    have: Ranges
    reject: tuple[OldReject, ...]

    @classmethod
    def of(cls, receipt: Receipt) -> OldReceipt:
        """The receipt without what version 0.1 does not know."""
        rejects = tuple(OldReject(r.seq, r.code) for r in receipt.reject if r.seq)
        return cls(receipt.epoch, 0, compress(seq for seq, _ in receipt.settled), rejects)
