"""What `make fuzz` once found stays mended."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from edge.errors import PostureError
from fuzz.kinds import KINDS

SEEDS = sorted(path for path in (Path(__file__).parent / "seeds").iterdir() if path.suffix)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name)
def test_a_file_that_broke_a_reader_is_read_or_refused(path: Path) -> None:
    kind = KINDS[path.name.rpartition("-")[0]]
    with contextlib.suppress(PostureError):  # whatever else comes out of it is the fault again
        kind.read(path)


def test_there_are_seeds() -> None:
    assert SEEDS
