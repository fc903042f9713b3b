"""What a repository says of models and releases, by somebody who has stolen every key of it.

Damaged metadata are signed again before they are served: what a signature alone would stop has
passed, and all that follows must hold by itself.
"""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from posture_tools.repository.folder import RepositoryFolder
from posture_tools.repository.roles import ROLES
from posture_tools.repository.status import published, role_statuses
from securesystemslib.formats import encode_canonical
from simulators.model_world import Publisher, dots_model
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface

from edge.software.wheel_set import (
    SOFTWARE_ROLE,
    SetOffer,
    SetTerms,
    Wheel,
    WheelSet,
    wheel_set_of,
)
from edge.software.wheel_set import offers_in as releases_in
from edge.update import offer, trust
from fuzz.kind import JSON, Files, Kind, is_json

_TERMS = SetTerms(
    version="0.2.0", python="3.11", machine="aarch64", wheels_bytes=3000, installed_bytes=9000,
    ring_percent=10, not_before="2026-11-27T09:10:00Z",
)  # fmt: skip
_WHEELS = WheelSet(
    version="0.2.0", python="3.11", machine="aarch64",
    wheels=(
        Wheel("a-1-py3-none-any.whl", "ab" * 32, 1000),
        Wheel("b-1-py3-none-any.whl", "cd" * 32, 2000),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class _Repository:
    publisher: Publisher
    kept: tempfile.TemporaryDirectory[str]  # as long as the process

    @property
    def metadata(self) -> Path:
        return self.publisher.public / "metadata"


@functools.cache
def _repository() -> _Repository:
    kept = tempfile.TemporaryDirectory(prefix="posture-fuzz-repository-")
    publisher = Publisher(Path(kept.name) / "repository")
    publisher.offer(dots_model("2"), ring=10)
    wheels = publisher.folder / "a.whl"
    wheels.write_bytes(b"a wheel")
    publisher.repository.release(_WHEELS, {w.sha256: wheels for w in _WHEELS.wheels}, _TERMS)
    publisher.sign_and_publish()
    return _Repository(publisher, kept)


class _FromDisk(FetcherInterface):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / url.rpartition("/")[2]
        if not path.exists():
            raise DownloadHTTPError("not there", 404)
        return iter((path.read_bytes(),))


def _newest(role: str) -> Path:
    folder = _repository().metadata
    if role == "timestamp":
        return folder / "timestamp.json"
    return max(folder.glob(f"*.{role}.json"), key=lambda path: int(path.name.partition(".")[0]))


def _metadata() -> Files:
    return [(f".{role}.json", _newest(role).read_bytes()) for role in ROLES]


def _signed_again(role: str, data: bytes) -> bytes:
    """By the role's own keys, where it is something that could be signed."""
    try:
        document = json.loads(data)
        text = encode_canonical(document["signed"]).encode()
    except Exception:  # noqa: BLE001 - what cannot be signed is served as it is
        return data
    signers = _repository().publisher.signers[role]
    document["signatures"] = [signer.sign(text).to_dict() for signer in signers]
    return json.dumps(document).encode()


def _served(path: Path, folder: Path) -> Path:
    """A repository in which this file stands for the newest of its role; its public metadata."""
    role = path.name.split(".")[-2]
    served = folder / "public" / "metadata"
    shutil.copytree(_repository().metadata, served)
    name = "2.root.json" if role == "root" else _newest(role).name  # stations hold the first root
    (served / name).write_bytes(_signed_again(role, path.read_bytes()))
    return served


def _trusted(path: Path) -> None:
    """By a station."""
    root = (_repository().metadata / "1.root.json").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        served = _served(path, Path(folder))
        for role in (trust.MODELS_ROLE, SOFTWARE_ROLE):
            kept = Path(folder) / role
            catalogue = trust.refresh(kept, "http://repository", root, _FromDisk(served), role)
            offer.offers_in(catalogue.targets)
            releases_in(catalogue.targets)


def _published(path: Path) -> None:
    """At the publisher's own desk."""
    with tempfile.TemporaryDirectory() as folder:
        _served(path, Path(folder))
        repository = RepositoryFolder(Path(folder))
        role_statuses(repository)
        published(repository)


def _wheels() -> Files:
    return [(".json", msgspec.json.encode(_WHEELS))]


def _release(path: Path) -> None:
    wheel_set_of(path.read_bytes(), SetOffer("software/0.2.0.json", "ab" * 32, 600, _TERMS))


UPDATES = {
    "metadata": Kind(1000, _metadata, JSON, _trusted, is_json),
    "repository": Kind(1000, _metadata, JSON, _published, is_json),
    "releases": Kind(1000, _wheels, JSON, _release, is_json),
}
