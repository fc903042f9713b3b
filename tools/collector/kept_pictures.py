"""Where the pages keep uploaded photographs until somebody has reviewed them.

Beside the store, a folder for each visit, named by the hash by which an erasure knows the visit: so
it is found without its name, and no file name tells who was there.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from posture_tools.collector.erasure_list import ErasureList

from edge.wire.forgotten import forgotten_name


@dataclass(frozen=True, slots=True)
class KeptPictures:
    """The folder; it is not there before the first upload."""

    root: Path

    @classmethod
    def beside(cls, erasures: ErasureList) -> Self:
        """The pictures of the store that this list of erasures lies beside."""
        return cls(erasures.path.with_suffix("").with_suffix(".uploads"))

    @property
    def pictures(self) -> Path:
        return self.root / "pictures"

    def folder(self, site: str, session: str) -> Path:
        """The folder of one visit, whether or not it is there."""
        return self.pictures / forgotten_name(site, "session", session)

    def folders(self) -> Iterator[Path]:
        """The folders of every visit whose pictures are kept."""
        if self.pictures.is_dir():
            yield from sorted(each for each in self.pictures.iterdir() if each.is_dir())

    def forget(self, site: str, sessions: Collection[str]) -> int:
        """Delete the pictures of these visits; how many visits had any."""
        there = [each for each in (self.folder(site, s) for s in sessions) if each.is_dir()]
        for each in there:
            shutil.rmtree(each)
        return len(there)
