"""People who come again, seen by stations whose reading is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from posture_tools.evaluate.body_pack import read_bodies
from posture_tools.evaluate.visits import Changes, examine, tables
from rich.console import Console
from simulators.body_files import pack_arrays, write_pack
from simulators.dotted_person import DotReader, exchanged, flattened

from edge.errors import SettingsInvalid

PEOPLE = 24


@pytest.fixture
def again(tmp_path: Path) -> Path:
    """Each comes three times: twice alike, then tilted by a little more from person to person."""
    tilts = [tilt for n in range(PEOPLE) for tilt in (-4.0, -4.0, -4.0 + 0.6 * n)]
    data, arrays = pack_arrays(tilts, ["front"] * len(tilts))
    return write_pack(tmp_path, data, arrays | {"person": np.repeat(np.arange(PEOPLE), 3)})


def shoulders(reader: DotReader, pack: Path) -> Changes:
    found = examine([reader], read_bodies([pack]), quiet=True)
    (row,) = (row for row in found if row.code == "shoulder_tilt")
    return row


def test_a_station_that_reads_all_sees_each_change_and_none_where_there_is_none(
    again: Path,
) -> None:
    row = shoulders(DotReader("perfect"), again)
    assert row.refused == 0
    assert len(row.least) == 3 * PEOPLE
    assert row.same >= PEOPLE
    assert row.same_called == 0
    assert row.other == row.other_called > 0


def test_a_station_that_reads_half_misses_changes(again: Path) -> None:
    row = shoulders(DotReader("half", flattened), again)
    assert row.other > 0
    assert row.other_called == 0, "half of 1.5 to 1.9 is less than 1"


def test_what_is_refused_is_counted_and_not_called_anything(again: Path) -> None:
    row = shoulders(DotReader("mirrored", exchanged), again)
    assert (row.refused, row.same, row.other) == (3 * PEOPLE, 0, 0)


def test_the_table_tells_both_shares(again: Path) -> None:
    found = examine([DotReader("perfect")], read_bodies([again]), quiet=True)
    console = Console(width=160)
    with console.capture() as captured:
        for table in tables(found):
            console.print(table)
    assert "100%" in captured.get()
    assert "0%" in captured.get()


def test_people_who_come_once_are_not_examined(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, *pack_arrays([1.0, 2.0], ["front", "back"]))
    with pytest.raises(SettingsInvalid, match="comes twice"):
        examine([DotReader("perfect")], read_bodies([pack]), quiet=True)
