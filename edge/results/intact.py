"""Whether a waiting message is still what was committed. A card changes bits in silence."""

from __future__ import annotations

from dataclasses import dataclass

from edge.errors import MessageRefused
from edge.wire.codec import decode_message
from edge.wire.result import Result
from edge.wire.seal import digest, pack

# Of the table of messages, as `Pending` takes them; a disk may have changed what kind of value a
# column holds.
COLUMNS = (
    "seq, COALESCE(CAST(channel AS TEXT), ''), COALESCE(CAST(sha256 AS TEXT), ''),"
    " COALESCE(CAST(body AS BLOB), x''), COALESCE(CAST(seal AS BLOB), x'')"
)


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that waits. body : the bytes as committed; sha256 : their hash then.

    seal : empty where the holder of the station's key has not come by yet.
    """

    seq: int
    channel: str
    sha256: str
    body: bytes
    seal: bytes

    @property
    def payload(self) -> bytes:
        """What goes over the wire."""
        return pack(self.body, self.seal)

    @property
    def damage(self) -> str:
        """How the disk has damaged the body or its row; empty where it has not."""
        if digest(self.body) != self.sha256:
            return "the body is not the one that was committed"
        try:
            message = decode_message(self.body)
        except MessageRefused as problem:
            return str(problem)
        kind = "result" if isinstance(message, Result) else "event"
        if (message.seq, f"{kind}/{message.kind}") != (self.seq, self.channel):
            return "number or kind is not that of the body"
        return ""
