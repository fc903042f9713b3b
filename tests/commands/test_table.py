"""What the tables of `assess` and `run` say in words."""

from __future__ import annotations

import io

from rich.console import Console

from edge.cli.table import show
from edge.commands.table import measure_table
from edge.records import Measure, Quality


def said(measures: list[Measure]) -> str:
    console = Console(file=io.StringIO(), width=400)
    show(measure_table("Ada", measures), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def refused(code: str, *why: str) -> Measure:
    return Measure(code, None, "deg", None, 0.0, Quality.REFUSED, why)


def test_a_refusal_is_told_in_words_and_by_its_code() -> None:
    tilt = Measure("shoulder_tilt", 2.0, "deg", 1.0, 1.0, Quality.OK)
    text = said([tilt, refused("pelvis_tilt", "slope_low"), refused("knee_line", "slope_low")])
    assert (
        "refused, this network hardly follows the body here (slope_low): pelvis_tilt, knee_line"
        in text
    )


def test_of_a_picture_that_tells_nothing_the_codes_are_counted_not_listed() -> None:
    text = said([refused(f"measure_{i}", "oblique") for i in range(30)])
    assert "nothing measured, stood at a slant (oblique): 30 measures refused" in text
    assert "measure_7" not in text


def test_a_few_refusals_are_listed_even_where_nothing_else_is_said() -> None:
    assert "pelvis_tilt" in said([refused("pelvis_tilt", "slope_low")])


def test_a_ratio_has_two_decimals() -> None:
    text = said([Measure("knee_ankle_ratio", 0.847, "1", 0.034, 1.0, Quality.OK)])
    assert "+0.85" in text
    assert "0.03" in text
