"""Metadata files of a repository as they lie on its disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posture_tools.repository.roles import DELEGATED
from securesystemslib.exceptions import StorageError
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Targets

from edge.errors import RepositoryUnready

_RESTORE = "Restore it from a backup: stations refuse it as it is."


def read_metadata(path: Path, role: str) -> Metadata[Any] | None:
    """A role's file; None where there is none.

    Raises
    ------
    RepositoryUnready : it cannot be read, is no metadata, or another role's.
    """
    if not path.exists():
        return None
    try:
        metadata: Metadata[Any] = Metadata.from_file(str(path))
    except (StorageError, RepositoryError, RecursionError) as error:
        why = error.__cause__ or error
        raise RepositoryUnready(f"{path} is damaged: {why}.", _RESTORE) from error
    wanted = Targets.type if role in DELEGATED else role
    if metadata.signed.type != wanted:
        raise RepositoryUnready(f"{path} is metadata of {metadata.signed.type}.", _RESTORE)
    return metadata


def newest(folder: Path, role: str) -> Path:
    """Where the newest version of a role lies, `N.ROLE.json`; a name that is not there if none."""
    found = [
        (int(number), path)
        for path in folder.glob(f"*.{role}.json")
        if (number := path.name.partition(".")[0]).isdecimal()
    ]
    return max(found)[1] if found else folder / f"1.{role}.json"
