"""Measures as people read them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from rich.table import Table

from edge.posture.hand_set import HandSet
from edge.posture.scale import Scale
from edge.posture.uncertainty import COVERAGE
from edge.records import Measure, Quality

_UNITS = {"deg": "°", "%": " %", "mm": " mm", "px": " px", "1": ""}
_COLOURS = {Quality.OK: "green", Quality.LOW: "yellow"}


def measure_table(
    title: str, measures: Sequence[Measure], scale: Scale | None = None, hand: HandSet | None = None
) -> Table:
    """One row a measure: signed value, half widths of its 95 % intervals, quality and reasons.

    The first interval is against the world, the second of a change between two such visits. n is
    the effective number of frames, and behind it stands the version of the definition.
    What was refused stands below, by reason: nothing is left out, and the eye finds the values. So
    does what holds for every value: a doubt, the scale of lengths, and what was set by hand.
    """
    table = Table(title=title, title_justify="left", caption_justify="left")
    for heading in ("view", "side", "measure"):
        table.add_column(heading)
    for heading in ("value", "± 95 %", "± change", "n"):
        table.add_column(heading, justify="right")
    for heading in ("definition", "quality"):
        table.add_column(heading)
    refused: dict[str, list[str]] = defaultdict(list)
    shared = _shared_doubts(measures)
    for measure in measures:
        if measure.value is None:
            refused[", ".join(measure.why)].append(measure.code)
            continue
        unit = _unit(measure)
        table.add_row(
            *(measure.view, measure.side, measure.code),
            f"{measure.value:+.1f}{unit}",
            *(
                "" if half is None else f"{half:.1f}{unit}"
                for half in (measure.u95, measure.u95_change)
            ),
            *(f"{measure.n:.0f}", measure.definition),
            f"[{_COLOURS[measure.quality]}]{measure.quality}[/] "
            f"{', '.join(why for why in measure.why if why not in shared)}".rstrip(),
        )
    lines = [f"all values: {', '.join(shared)}"] if shared else []
    if scale is not None:
        sure = 100.0 * COVERAGE * scale.sd
        lines.append(f"lengths: {scale.mm_per_px:.3f} mm/px ± {sure:.1f} %, by {scale.by}")
    if hand is not None:
        lines.append(f"set by hand by {hand.by}, {hand.on}: {', '.join(hand.points_px)}")
    lines += [f"refused ({why}): {', '.join(codes)}" for why, codes in refused.items()]
    table.caption = "\n".join(lines) or None
    return table


def _shared_doubts(measures: Sequence[Measure]) -> tuple[str, ...]:
    """What is said of every value, where there are several."""
    doubts = [m.why for m in measures if m.value is not None]
    if len(doubts) < 2:
        return ()
    return tuple(why for why in doubts[0] if all(why in other for other in doubts))


def summary_table(title: str, frames: Sequence[Iterable[Measure]]) -> Table:
    """One row for each measure of a person in a view: what the frames say together.

    The spread is that of single frames, pose and movement together; it is no interval of the
    median. Where no frame gave a value, the commonest reasons.
    """
    values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    reasons: Counter[str] = Counter()
    for frame in frames:
        for measure in frame:
            if measure.value is not None:
                values[measure.view, measure.code, _unit(measure)].append(measure.value)
            reasons.update(measure.why)
    table = Table(title=title, title_justify="left")
    if not values:
        common = ", ".join(reason for reason, _ in reasons.most_common(3))
        table.caption = f"nothing measured: {common}"
    table.add_column("view")
    table.add_column("measure")
    for heading in ("median", "5 % .. 95 % of frames", "frames"):
        table.add_column(heading, justify="right")
    for (view, code, unit), of_frames in values.items():
        low, median, high = np.percentile(of_frames, [5, 50, 95])
        spread = f"{low:+.1f} .. {high:+.1f}{unit}"
        table.add_row(view, code, f"{median:+.1f}{unit}", spread, str(len(of_frames)))
    return table


def _unit(measure: Measure) -> str:
    return _UNITS.get(measure.unit, f" {measure.unit}".rstrip())
