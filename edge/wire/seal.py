"""The seal beside a body: which bytes are meant, and who says so. The form is in docs/wire.md.

A payload is two lines, the body and its seal, so that MQTT 3.1.1 carries both and a body stays
byte for byte what was committed.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from edge.errors import MessageRefused
from edge.wire.codec import decode, encode
from edge.wire.fields import Sha256
from edge.wire.grant import Grant
from edge.wire.keys import Signer, is_signed

Role = Literal["message", "late", "receipt", "command", "desired", "enrol"]


class Seal(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="schema",
    tag="ps.seal/2",
):
    """id : of an outbox message, else empty. key, signature : empty where nobody signs. grant : why
    a station should believe the key of what comes down."""

    role: Role
    sha256: Sha256
    id: str = ""
    key: str = ""
    signature: str = ""
    grant: Grant | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A payload taken apart; the seal's hash is the body's."""

    body: bytes
    seal: Seal
    seal_bytes: bytes


def digest(body: bytes) -> str:
    """The name of a body: SHA-256, 64 hex digits."""
    return hashlib.sha256(body).hexdigest()


def signed_text(role: Role, topic: str, name: str, sha256: str) -> bytes:
    """The five lines that a key signs (docs/wire.md).

    topic : where it is published. name : id of an outbox message, else empty. sha256 : of the body.
    """
    return "\n".join(("ps/2", role, topic, name, sha256)).encode()


def seal_of(
    role: Role,
    topic: str,
    body: bytes,
    *,
    name: str = "",
    signer: Signer | None = None,
    grant: Grant | None = None,
) -> bytes:
    """The seal, as the second line of a payload.

    role : of the seal. topic : where body and seal are published. name : the id of an outbox
    message. signer : without one the seal has a hash and no signature. grant : of a key that speaks
    for a site.
    """
    sha256 = digest(body)
    if signer is None:
        return encode(Seal(role=role, id=name, sha256=sha256))
    signature = signer.sign(signed_text(role, topic, name, sha256))
    said = b64encode(signature).decode()
    return encode(
        Seal(role=role, id=name, sha256=sha256, key=signer.key, signature=said, grant=grant)
    )


def pack(body: bytes, seal: bytes) -> bytes:
    """Body and seal as one payload."""
    return body + b"\n" + seal


def unpack(payload: bytes) -> Sealed:
    """Take a payload apart. The body is not looked into: its reader does that.

    Raises
    ------
    MessageRefused : no seal, one that cannot be read, or one of other bytes: the body was changed
        under way.
    """
    body, newline, seal_bytes = payload.partition(b"\n")
    if not newline:
        raise MessageRefused("a payload without a seal.")
    seal = decode(seal_bytes, Seal)
    if digest(body) != seal.sha256:
        raise MessageRefused("the body is not the one that was sealed: it was changed under way.")
    return Sealed(body, seal, seal_bytes)


def is_sealed_by(
    public: bytes,
    seal: Seal,
    topic: str,
    is_signed: Callable[[bytes, bytes, bytes], bool] = is_signed,
) -> bool:
    """Whether the key signed this seal for this topic.

    public : 32 bytes. seal : as `unpack` gave it, which has held it against the body.
    is_signed : as that of `edge.wire.keys`.

    Examples
    --------
    >>> from edge.wire.keys import Signer
    >>> topic, body = "ps/v2/north/hall-1/result/posture", b'{"schema":"ps.result/2"}'
    >>> station, thief = Signer.new(), Signer.new()
    >>> payload = pack(body, seal_of("message", topic, body, name="hall-1:1", signer=station))
    >>> message = unpack(payload)
    >>> is_sealed_by(station.public, message.seal, topic)
    True
    >>> is_sealed_by(thief.public, message.seal, topic)
    False
    >>> is_sealed_by(station.public, message.seal, "ps/v2/north/hall-2/result/posture")
    False
    """
    try:
        signature = b64decode(seal.signature, validate=True)
    except ValueError:
        return False
    return is_signed(public, signature, signed_text(seal.role, topic, seal.id, seal.sha256))
