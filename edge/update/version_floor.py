"""The version floor: no metadata older than what was trusted here before.

The framework compares with its own cached files, and these may be empty after a power cut: then it
accepts a rollback. This floor lies in a file of its own, written durably.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from edge.errors import NOT_JSON, UpdateRefused
from edge.files import write_durably

FILE_NAME = "floor.json"


class RoleVersion(msgspec.Struct, frozen=True):
    """Version of a role's metadata, and the keys that may sign it."""

    version: int
    keys: frozenset[str]


class VersionFloor(msgspec.Struct, frozen=True):
    """newest_utc_ns : the latest time at which unexpired metadata were seen."""

    roles: dict[str, RoleVersion] = {}
    newest_utc_ns: int = 0


def load_floor(folder: Path) -> VersionFloor:
    """The floor on disk; a first start has none.

    Raises
    ------
    UpdateRefused : floor_damaged. Without the floor a rollback could not be told.
    """
    path = folder / FILE_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=VersionFloor)
    except FileNotFoundError:
        return VersionFloor()
    except NOT_JSON as error:
        raise UpdateRefused(
            "floor_damaged",
            f"{path} is damaged: {error}.",
            "Check the disk; delete the file to trust the repository's present versions.",
        ) from error


def check_floor(floor: VersionFloor, seen: Mapping[str, RoleVersion]) -> None:
    """Refuse versions below the floor.

    A role whose keys were all replaced starts anew: that is how an owner recovers from a thief who
    signed a version so high that no honest one could follow (TUF specification, 5.3.11).

    Raises
    ------
    UpdateRefused : rollback; names the role.
    """
    for role, known in floor.roles.items():
        now = seen.get(role)
        if now is not None and now.version < known.version and now.keys & known.keys:
            raise UpdateRefused(
                "rollback",
                f"{role} metadata have version {now.version}, {known.version} was seen before.",
                "Somebody replays old files, or the repository was restored from an old copy.",
            )


def raise_floor(
    folder: Path, floor: VersionFloor, seen: Mapping[str, RoleVersion], utc_ns: int
) -> VersionFloor:
    """The floor after a refresh that passed, written."""
    raised = VersionFloor({**floor.roles, **seen}, max(floor.newest_utc_ns, utc_ns))
    if raised != floor:
        write_durably(folder / FILE_NAME, msgspec.json.encode(raised))
    return raised
