"""What a repository says about a model file, under signature: the terms of an offer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec
from tuf.api.metadata import TargetFile

from edge.inference.description import Golden, Task
from edge.wire.clock import utc_ns_of
from edge.wire.slots import Slot, slot_of

Version = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9}){0,3}$")]
_CUSTOM_KEY = "posture.terms"
_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Signed custom data of a target. Readers ignore what they do not know.

    kind, keypoints, input_px, golden, opset : must repeat what the file says of itself.
    min_sw, max_sw : station software that can use the file, both included; empty: any.
    latency_ms : median time of one run that the station must reach.
    ring_percent : share of all stations that may take the file.
    not_before : RFC 3339 with zone; empty: at once.
    """

    slot: Slot
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    version: Version
    kind: Task
    keypoints: tuple[str, ...]
    input_px: tuple[int, int]
    golden: Golden
    opset: Annotated[int, msgspec.Meta(ge=1)]
    latency_ms: Annotated[float, msgspec.Meta(gt=0)]
    size_bytes: Annotated[int, msgspec.Meta(gt=0)] = msgspec.field(name="bytes")
    min_sw: Version | None = None
    max_sw: Version | None = None
    ring_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    not_before: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model file that the repository vouches for.

    path : of the target, relative to the repository's targets, without the hash prefix.
    """

    path: str
    sha256: str
    terms: Terms

    @property
    def slot(self) -> str:
        """The slot that it is for, by today's name."""
        return slot_of(self.terms.slot)

    @property
    def url_path(self) -> str:
        """Path with the hash in the name: the bytes behind it never change."""
        folder, _, name = self.path.rpartition("/")
        return f"{folder}/{self.sha256}.{name}"


def custom_of(terms: Terms) -> dict[str, str]:
    """Terms as a target's custom data. As text: canonical JSON, which is signed, has no floats."""
    return {_CUSTOM_KEY: msgspec.json.encode(terms).decode()}


def terms_in(custom: object) -> Terms:
    """The terms in a target's custom data. ValueError where there are none that this software can
    read."""
    if not isinstance(custom, dict) or not isinstance(custom.get(_CUSTOM_KEY), str):
        raise ValueError(f"no {_CUSTOM_KEY}")
    return msgspec.json.decode(custom[_CUSTOM_KEY], type=Terms)


def offers_in(targets: Mapping[str, TargetFile]) -> tuple[tuple[Offer, ...], tuple[str, ...]]:
    """The models among verified targets, and the paths of those whose terms cannot be read."""
    offers, unreadable = [], []
    for path, target in targets.items():
        offer = _offer(path, target)
        if offer is None:
            unreadable.append(path)
        else:
            offers.append(offer)
    return tuple(offers), tuple(unreadable)


def _offer(path: str, target: TargetFile) -> Offer | None:
    try:
        terms = terms_in(target.custom)
        if terms.not_before:
            utc_ns_of(terms.not_before)
        if terms.size_bytes != target.length:
            return None
        return Offer(path, target.hashes["sha256"], terms)
    except (ValueError, KeyError, RecursionError):  # msgspec.ValidationError is a ValueError
        return None


def number(version: str) -> tuple[int, ...]:
    """A version as numbers that compare: leading dotted numbers; what has none comes first."""
    found = _NUMBERS.match(version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()
