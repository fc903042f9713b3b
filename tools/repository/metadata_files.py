"""Metadata files of a repository as they lie on its disk.

public/metadata/   N.root.json, N.targets.json, N.models.json, N.software.json,
                   N.snapshot.json, timestamp.json
staged/            root, targets, models and software that still lack signatures
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posture_tools.repository.roles import DELEGATED
from securesystemslib.exceptions import StorageError
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets, Timestamp

from edge.errors import RepositoryUnready
from edge.files import make_folder, write_durably

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
    """Path of the newest version of a role, `N.ROLE.json`; a name that is not there if there is
    none."""
    found = [
        (int(number), path)
        for path in folder.glob(f"*.{role}.json")
        if (number := path.name.partition(".")[0]).isdecimal()
    ]
    return max(found)[1] if found else folder / f"1.{role}.json"


@dataclass(frozen=True)
class MetadataFiles:
    """folder : of the repository."""

    folder: Path

    @property
    def _public(self) -> Path:
        return self.folder / "public" / "metadata"

    @property
    def _staged(self) -> Path:
        return self.folder / "staged"

    def create(self) -> None:
        """Make the folders.

        Raises
        ------
        RepositoryUnready : there is a repository already.
        """
        if self._staged.exists() or self._public.exists():
            raise RepositoryUnready(f"{self.folder} holds a repository.", "Name an empty folder.")
        for folder in (self._public, self._staged):
            make_folder(folder)

    def published(self, role: str) -> Metadata[Any] | None:
        """The newest published metadata of a role; None before the first."""
        if role == Timestamp.type:
            return read_metadata(self._public / "timestamp.json", role)
        return read_metadata(newest(self._public, role), role)

    def require(self, role: str) -> Metadata[Any]:
        """Metadata of a role that must be there. Raises RepositoryUnready where it is not."""
        metadata = self.published(role)
        if metadata is None:
            raise RepositoryUnready(
                f"{role} was never published in {self.folder}.", "Run `repo init` and `sign`."
            )
        return metadata

    def staged(self, role: str) -> Metadata[Any] | None:
        """What waits for signatures."""
        return read_metadata(self._staged / f"{role}.json", role)

    def stage(self, metadata: Metadata[Any], role: str = "") -> None:
        """Put it where it waits for signatures. role : its own name, where it is delegated."""
        name = role or metadata.signed.type
        write_durably(self._staged / f"{name}.json", metadata.to_bytes())

    def unstage(self, role: str) -> None:
        """Remove the staged copy of a role that is published now."""
        (self._staged / f"{role}.json").unlink()

    def put_out(self, metadata: Metadata[Any], role: str) -> None:
        """Write metadata where stations read them."""
        if role == Timestamp.type:
            write_durably(self._public / "timestamp.json", metadata.to_bytes())
            return
        version = metadata.signed.version
        write_durably(self._public / f"{version}.{role}.json", metadata.to_bytes())
        if role == Root.type:  # the newest one also by the name that people look for
            source = self._public / f"{version}.root.json"
            shutil.copyfile(source, self.folder / "root.json")
