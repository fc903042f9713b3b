"""A wheel set of a folder of wheels: complete, for one Python and one machine, or refused."""

from __future__ import annotations

import email
import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version
from posture_tools.zips import NOT_ZIP

from edge.errors import RepositoryUnready
from edge.software.wheel_set import SetTerms, WheelSet
from edge.wire.clock import utc_ns_of

_OURS = canonicalize_name("posture-station")
_UNIT = "share/posture-station/systemd/posture-engine.service"
_EMPTY_ENVIRONMENT_BYTES = 60_000_000  # with pip
_FILL = "Fill the folder by `python -m posture_tools.wheels --fetch DIR`."


@dataclass(frozen=True)
class _File:
    """A wheel and what it says of itself. unpacked_bytes : with its byte code."""

    path: Path
    name: str
    version: Version
    tags: frozenset[Tag]
    requires: tuple[Requirement, ...]
    unpacked_bytes: int
    has_units: bool


def wheel_set_of(folder: Path) -> tuple[WheelSet, dict[str, Path], int]:
    """What the wheels of a folder are together: the set, sha256 -> file, and bytes installed.

    The release has the version of our own wheel in it. Python and machine are those of the wheels
    that are made for just one.

    Raises
    ------
    RepositoryUnready : no wheels, for several Pythons or machines, or one that is needed is
        missing or of a version that another does not accept.
    """
    files = [_read(path) for path in sorted(folder.glob("*.whl"))]
    by_name = {file.name: file for file in files}
    if _OURS not in by_name:
        raise RepositoryUnready(f"{folder} has no wheel of {_OURS}.", _FILL)
    if len(by_name) < len(files):
        twice = sorted({f.name for f in files if by_name[f.name] is not f})
        raise RepositoryUnready(f"{folder} has {', '.join(twice)} more than once.", _FILL)
    if not by_name[_OURS].has_units:
        raise RepositoryUnready(f"{by_name[_OURS].path} brings no systemd units.", _FILL)
    python = _only("Python", folder, (tag for file in files for tag in _pythons(file)))
    machine = _only("machine", folder, (m for file in files for m in _machines(file)))
    _check_complete(by_name, python)
    paths = {hashlib.sha256(file.path.read_bytes()).hexdigest(): file.path for file in files}
    said = {
        "schema": "ps.wheels/1", "version": str(by_name[_OURS].version), "python": python,
        "machine": machine,
        "wheels": [
            {"file": path.name, "sha256": sha256, "bytes": path.stat().st_size}
            for sha256, path in paths.items()
        ],
    }  # fmt: skip
    try:
        wheels = msgspec.convert(said, WheelSet)
    except msgspec.ValidationError as error:
        raise RepositoryUnready(f"{folder}: {error}.", "Versions are dotted numbers.") from error
    return wheels, paths, _EMPTY_ENVIRONMENT_BYTES + sum(file.unpacked_bytes for file in files)


def terms_of(
    wheels: WheelSet, installed_bytes: int, ring_percent: int, not_before: str
) -> SetTerms:
    """The signed terms of a set.

    Raises
    ------
    RepositoryUnready : not_before is no time.
    """
    try:
        if not_before:
            utc_ns_of(not_before)
        said = {
            "version": wheels.version, "python": wheels.python, "machine": wheels.machine,
            "wheels_bytes": wheels.size_bytes, "installed_bytes": installed_bytes,
            "ring_percent": ring_percent, "not_before": not_before,
        }  # fmt: skip
        return msgspec.convert(said, SetTerms)
    except ValueError as error:
        raise RepositoryUnready(
            f"the release cannot be offered: {error}.",
            "ring is 0 to 100, not_before is RFC 3339 with a zone.",
        ) from error


def _read(path: Path) -> _File:
    try:
        name, version, _, tags = parse_wheel_filename(path.name)
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            inside = [info.filename for info in infos]
            [metadata] = [n for n in inside if n.endswith(".dist-info/METADATA")]
            told = email.message_from_bytes(archive.read(metadata))
        requires = tuple(Requirement(line) for line in told.get_all("Requires-Dist", []))
    except (InvalidWheelFilename, InvalidRequirement, *NOT_ZIP) as error:
        raise RepositoryUnready(f"{path} is no wheel: {error}.", _FILL) from error
    size_bytes = sum(i.file_size * (2 if i.filename.endswith(".py") else 1) for i in infos)
    return _File(
        path, name, version, tags,
        requires, size_bytes,
        any(each.endswith(_UNIT) for each in inside),
    )  # fmt: skip


def _pythons(file: _File) -> set[str]:
    """The one Python that a wheel is made for; none where it serves several."""
    return {
        f"3.{tag.interpreter[3:]}"
        for tag in file.tags
        if tag.interpreter.startswith("cp3") and tag.abi not in ("abi3", "none")
    }


def _machines(file: _File) -> set[str]:
    known = ("aarch64", "x86_64")
    return {m for tag in file.tags for m in known if tag.platform.endswith(m)}


def _only(what: str, folder: Path, found: Iterable[str]) -> str:
    values = sorted(set(found))
    if len(values) != 1:
        many = f"for {' and '.join(values)}" if values else f"for any {what}"
        raise RepositoryUnready(
            f"the wheels in {folder} are {many}; a set is for one {what}.", _FILL
        )
    return values[0]


def _check_complete(by_name: Mapping[str, _File], python: str) -> None:
    """Refuse a set that lacks what one of its wheels needs, as `pip check` would on the station."""
    environment = {
        "python_version": python, "python_full_version": f"{python}.0", "extra": "",
        "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
        "implementation_name": "cpython", "platform_python_implementation": "CPython",
    }  # fmt: skip
    for file in by_name.values():
        for requirement in file.requires:
            if requirement.marker is not None and not requirement.marker.evaluate(environment):
                continue
            needed = by_name.get(canonicalize_name(requirement.name))
            if needed is None or not requirement.specifier.contains(
                needed.version, prereleases=True
            ):
                raise RepositoryUnready(
                    f"{file.path.name} needs {requirement}, which the folder lacks.", _FILL
                )
