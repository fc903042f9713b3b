"""How a station's key becomes known: it shows it, and proves that an operator sent it."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode

import msgspec

from edge.wire.codec import encode
from edge.wire.grant import Base64
from edge.wire.keys import Signer
from edge.wire.seal import pack, seal_of
from edge.wire.topics import TopicLevel, Topics


class Enrol(msgspec.Struct, frozen=True, tag_field="schema", tag="ps.enrol/2"):
    """key : the station's public key, base64. proof : under the one-time token, 64 hex digits;
    empty where the station has none and waits for a person to approve its fingerprint."""

    site: TopicLevel
    station: TopicLevel
    key: Base64
    proof: str = ""


def proof_of(token: str, site: str, station: str, key: str) -> str:
    """HMAC-SHA256. The token itself is never sent: a broker that lies could enrol its own key."""
    text = "\n".join(("ps/2", "enrol", site, station, key)).encode()
    return hmac.new(token.encode(), text, hashlib.sha256).hexdigest()


def enrolment(signer: Signer, site: str, station: str, token: str = "") -> bytes:
    """The payload that a station publishes, retained, at each connection.

    signer : the station's key. token : one-time, of its boot partition; empty once it is used up.
    """
    key = b64encode(signer.public).decode()
    proof = proof_of(token, site, station, key) if token else ""
    body = encode(Enrol(site, station, key, proof))
    topic = Topics(site, station).enrol
    return pack(body, seal_of("enrol", topic, body, signer=signer))
