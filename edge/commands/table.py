"""Measures as people read them."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from edge.records import Measure, Quality

_UNITS = {"deg": "°", "%": " %", "mm": " mm", "px": " px"}
_COLOURS = {Quality.OK: "green", Quality.LOW: "yellow", Quality.REFUSED: "bright_black"}


def measure_table(title: str, measures: Iterable[Measure]) -> Table:
    """One row a measure: signed value, half width of its 95 % interval, quality and reasons."""
    table = Table(title=title, title_justify="left")
    table.add_column("measure")
    table.add_column("value", justify="right")
    table.add_column("± 95 %", justify="right")
    table.add_column("quality")
    for measure in measures:
        unit = _UNITS.get(measure.unit, f" {measure.unit}".rstrip())
        table.add_row(
            measure.code,
            "-" if measure.value is None else f"{measure.value:+.1f}{unit}",
            "" if measure.u95 is None else f"{measure.u95:.1f}{unit}",
            f"[{_COLOURS[measure.quality]}]{measure.quality}[/] {', '.join(measure.why)}".rstrip(),
        )
    return table
