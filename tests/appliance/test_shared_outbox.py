"""Engine and uplink are two users of one group: whoever comes first must not shut the other out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from edge.app import OUTBOX_NAME, open_outbox
from edge.settings import Settings


@pytest.fixture
def umask_of_the_units() -> Iterator[None]:
    """Both units must have the same, or the second could not write."""
    units = [ROOT / "systemd" / f"posture-{name}.service" for name in ("engine", "uplink")]
    assert all("\nUMask=0007\n" in unit.read_text() for unit in units)
    before = os.umask(0o007)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask_of_the_units")
def test_the_group_may_write_what_the_first_user_created(tmp_path: Path) -> None:
    with open_outbox(Settings(state_dir=str(tmp_path))) as outbox:
        outbox.accept_event("camera", {"state": "lost"})
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("outbox.db*")
        }
    assert modes == {OUTBOX_NAME + end: 0o660 for end in ("", "-wal", "-shm")}
