"""What a connection tells its owner, and what it leaves with the broker."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message from the broker. Expiry is the broker's affair."""

    topic: str
    body: bytes
    retained: bool
    mid: int
    qos: int
    response_topic: str = ""
    correlation: bytes = b""
    user_properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The broker answered a publication. refusal : its reason code if it refused, else 0."""

    mid: int
    refusal: int
    reason: str


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says, retained, when this client goes away."""

    topic: str
    body: bytes
    delay_s: int = 0
