"""Measures as people read them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from rich.table import Table
from rich.text import Text

from edge.norms import Norms
from edge.posture.scale import Scale
from edge.posture.uncertainty import COVERAGE
from edge.records import HandSet, Measure, Quality, ScaleSource
from edge.report.change import Change
from edge.report.findings import placed
from edge.report.page import scales
from edge.report.reported_visit import ReportedVisit
from edge.report.together import Combined
from edge.report.trend import changes
from edge.report.words import Words
from edge.report.words import words as words_of
from edge.shown import shown

_UNITS = {"deg": "°", "%": " %", "mm": " mm", "px": " px", "1": ""}
_MANY = 20  # codes that one reason refuses
_COLOURS = {Quality.OK: "green", Quality.LOW: "yellow"}


def measure_table(
    title: str,
    measures: Sequence[Measure],
    scale: Scale | ScaleSource | None = None,
    hand: HandSet | None = None,
) -> Table:
    """One row a measure: signed value, half widths of its 95 % intervals, quality and reasons.

    The first interval is against the world, the second of a change between two such visits. n is
    the effective number of frames, and behind it stands the version of the definition.
    What was refused stands below, by reason: nothing is left out, and the eye finds the values. So
    does what holds for every value: a doubt, the scale of lengths, and what was set by hand.
    """
    table = Table(title=_plain(title), title_justify="left", caption_justify="left")
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
            f"{measure.value:+.{_places(unit)}f}{unit}",
            *(
                "" if half is None else f"{half:.{_places(unit)}f}{unit}"
                for half in (measure.u95, measure.u95_change)
            ),
            *(f"{measure.n:.0f}", measure.definition),
            Text.assemble(
                (str(measure.quality), _COLOURS[measure.quality]),
                f" {', '.join(why for why in measure.why if why not in shared)}",
            ),
        )
    lines = [f"all values: {', '.join(shared)}"] if shared else []
    if isinstance(scale, str) and scale:
        lines.append(f"lengths: by {scale}")
    elif isinstance(scale, Scale):
        sure = 100.0 * COVERAGE * scale.sd
        lines.append(f"lengths: {scale.mm_per_px:.3f} mm/px ± {sure:.1f} %, by {scale.by}")
    if hand is not None:
        lines.append(f"set by hand by {hand.by}, {hand.on}: {', '.join(hand.points_px)}")
    lines += _refusals(refused, words_of("en"), nothing=not table.row_count)
    table.caption = Text("\n".join(lines)) if lines else None
    return table


def _refusals(
    codes_by_reasons: Mapping[str, Iterable[str]], words: Words, *, nothing: bool
) -> list[str]:
    """What was refused, a line for each reason in words; the commonest as a count if nothing is
    left beside it: nobody reads 60 codes to learn that somebody stood at a slant."""
    lines = []
    for reasons, codes in codes_by_reasons.items():
        told = "; ".join(words.reason(reason) for reason in reasons.split(", ") if reason)
        every = tuple(codes)
        if nothing and len(every) > _MANY:
            lines.append(f"nothing measured, {told} ({reasons}): {len(every)} measures refused")
        else:
            lines.append(f"refused, {told} ({reasons}): {', '.join(every)}")
    return lines


def _shared_doubts(measures: Sequence[Measure]) -> tuple[str, ...]:
    """Reasons that every value has, where there are several values."""
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
    table = Table(title=_plain(title), title_justify="left")
    if not values:
        common = ", ".join(reason for reason, _ in reasons.most_common(3))
        table.caption = Text(f"nothing measured: {common}")
    table.add_column("view")
    table.add_column("measure")
    for heading in ("median", "5 % .. 95 % of frames", "frames"):
        table.add_column(heading, justify="right")
    for (view, code, unit), of_frames in values.items():
        low, median, high = np.percentile(of_frames, [5, 50, 95])
        spread = f"{low:+.{_places(unit)}f} .. {high:+.{_places(unit)}f}{unit}"
        middle = f"{median:+.{_places(unit)}f}{unit}"
        table.add_row(view, code, middle, spread, str(len(of_frames)))
    return table


def _places(unit: str) -> int:
    """Decimals: a ratio's first one says nothing."""
    return 1 if unit else 2


def _plain(title: str) -> Text:
    """A file's name is no markup, and moves no cursor."""
    return Text(shown(title), style="table.title")


def _unit(measure: Measure) -> str:
    return _UNITS.get(measure.unit, f" {measure.unit}".rstrip())


def visit_table(
    visit: ReportedVisit, together: Sequence[Combined], norms: Norms, words: Words
) -> Table:
    """One row a quantity of a visit, whatever number of views saw it; refusals stand below."""
    table = Table(title=_plain(visit.person), title_justify="left", caption_justify="left")
    for heading in ("seen from", "measure"):
        table.add_column(heading)
    for heading in ("value", "± 95 %", "± change"):
        table.add_column(heading, justify="right")
    for heading in ("usual", *(["since before"] if visit.before else []), "quality"):
        table.add_column(heading)
    for one in together:
        m = one.measure
        unit = _unit(m)
        since = changes(visit, one)
        told = [_since(since[-1].change, m, words) if since else ""] if visit.before else []
        table.add_row(
            ", ".join(one.views),
            f"{m.code} ({m.side})" if m.side and not m.code.endswith(m.side) else m.code,
            f"{m.value:+.{_places(unit)}f}{unit}",
            *("" if u is None else f"{u:.{_places(unit)}f}{unit}" for u in (m.u95, m.u95_change)),
            " to ".join(placed(visit, one, norms).bands),
            *told,
            f"[{_COLOURS[m.quality]}]{m.quality}[/] {', '.join(m.why)}".rstrip(),
        )
    refused: dict[str, dict[str, None]] = defaultdict(dict)
    measured = {one.measure.code for one in together}
    for m in visit.measured():
        if m.value is None and m.code not in measured:
            refused[", ".join(m.why)][m.code] = None
    lines = [*scales(visit, words)]
    lines += _refusals(refused, words, nothing=not together)
    table.caption = Text("\n".join(lines))
    return table


def _since(change: Change, measure: Measure, words: Words) -> str:
    """The change in words, with its size where the two can be compared."""
    verdict = words("page", change.verdict)
    if change.delta is None or change.least is None:
        return f"{verdict}: {words.reason(change.why)}"
    unit = _unit(measure)
    return f"{verdict}: {change.delta:+.1f}{unit}, least {change.least:.1f}{unit}"
