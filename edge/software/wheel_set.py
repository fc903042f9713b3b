"""What a repository says about a release of the station's software, under signature.

The target that two keys sign is a small list of wheels, each by its sha256: wheels of two releases
cannot be mixed, and a release that changes one wheel is downloaded as one wheel. The systemd units
travel in the station's own wheel, so program and units are one thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from tuf.api.metadata import TargetFile

from edge.errors import NOT_JSON, UpdateRefused
from edge.update.offer import Version
from edge.wire.clock import utc_ns_of
from edge.wire.fields import Sha256

SOFTWARE_ROLE = "software"
MANIFEST_LIMIT_BYTES = 128_000
_CUSTOM_KEY = "posture.software"

PythonVersion = Annotated[str, msgspec.Meta(pattern=r"^3\.[0-9]{1,2}$")]
Architecture = Literal["aarch64", "x86_64"]
# A file name, never a path: it is joined to a folder that root writes.
WheelName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+!-]{0,199}\.whl$")]
Bytes = Annotated[int, msgspec.Meta(gt=0, le=2_000_000_000)]


class Wheel(msgspec.Struct, frozen=True):
    """One wheel, under the name that pip wants to see."""

    file: WheelName
    sha256: Sha256
    size_bytes: Bytes = msgspec.field(name="bytes")


class WheelSet(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="ps.wheels/1"):
    """All wheels of one release, for one Python and one kind of processor.

    python : version of the interpreter the wheels were made for, such as 3.11; a release that needs
        another one than the release before is a change of interpreter.
    """

    version: Version
    python: PythonVersion
    machine: Architecture
    wheels: Annotated[tuple[Wheel, ...], msgspec.Meta(min_length=1, max_length=300)]

    @property
    def size_bytes(self) -> int:
        return sum(wheel.size_bytes for wheel in self.wheels)


class SetTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Signed custom data of a set. Readers ignore what they do not know.

    version, python, machine : must repeat what the set says of itself.
    wheels_bytes, installed_bytes : what it needs on disk, packed and as an environment.
    ring_percent : share of all stations that may take it. not_before : RFC 3339; empty: at once.
    """

    version: Version
    python: PythonVersion
    machine: Architecture
    wheels_bytes: Bytes
    installed_bytes: Annotated[int, msgspec.Meta(gt=0, le=20_000_000_000)]
    ring_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    not_before: str = ""


@dataclass(frozen=True, slots=True)
class SetOffer:
    """A release that the repository vouches for. sha256, size_bytes : of its list of wheels."""

    path: str
    sha256: str
    size_bytes: int
    terms: SetTerms

    @property
    def url_path(self) -> str:
        folder, _, name = self.path.rpartition("/")
        return f"{folder}/{self.sha256}.{name}"


def wheel_url_path(wheel: Wheel) -> str:
    """Where a wheel lies in the repository: by its content, so that releases share it."""
    return f"{SOFTWARE_ROLE}/wheels/{wheel.sha256}.whl"


def custom_of(terms: SetTerms) -> dict[str, str]:
    """Terms as a target's custom data, as text: see `edge.update.offer.custom_of`."""
    return {_CUSTOM_KEY: msgspec.json.encode(terms).decode()}


def terms_in(custom: object) -> SetTerms:
    """The terms in a target's custom data. ValueError where there are none that this software can
    read."""
    if not isinstance(custom, dict) or not isinstance(custom.get(_CUSTOM_KEY), str):
        raise ValueError(f"no {_CUSTOM_KEY}")
    terms = msgspec.json.decode(custom[_CUSTOM_KEY], type=SetTerms)
    if terms.not_before:
        utc_ns_of(terms.not_before)
    return terms


def offers_in(targets: Mapping[str, TargetFile]) -> tuple[tuple[SetOffer, ...], tuple[str, ...]]:
    """The releases among verified targets, and the paths of those that cannot be read."""
    offers, unreadable = [], []
    for path, target in targets.items():
        try:
            terms, sha256 = terms_in(target.custom), target.hashes["sha256"]
        except (ValueError, KeyError, RecursionError):  # msgspec.ValidationError is a ValueError
            unreadable.append(path)
            continue
        if target.length > MANIFEST_LIMIT_BYTES:
            unreadable.append(path)
        else:
            offers.append(SetOffer(path, sha256, target.length, terms))
    return tuple(offers), tuple(unreadable)


def wheel_set_of(data: bytes, offer: SetOffer) -> WheelSet:
    """The list of wheels behind an offer, whose bytes have the signed sha256.

    Raises
    ------
    UpdateRefused : not_as_signed.
    """
    try:
        wheels = msgspec.json.decode(data, type=WheelSet)
    except NOT_JSON as error:
        raise _not_as_signed(offer, str(error)) from error
    said = wheels.version, wheels.python, wheels.machine, wheels.size_bytes
    terms = offer.terms
    signed = terms.version, terms.python, terms.machine, terms.wheels_bytes
    if said != signed:
        raise _not_as_signed(offer, f"the set says {said}, signed are {signed}")
    for names in ([w.file for w in wheels.wheels], [w.sha256 for w in wheels.wheels]):
        if len(set(names)) < len(names):
            raise _not_as_signed(offer, "a wheel stands in it twice")
    return wheels


def _not_as_signed(offer: SetOffer, detail: str) -> UpdateRefused:
    return UpdateRefused(
        "not_as_signed", f"{offer.path}: {detail}.", "Publish it anew; nothing was installed."
    )
