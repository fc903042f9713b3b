"""How well a network reads each measure: what its description says, found on validation bodies.

Of each measure, view and kind of clothing: the slope over bodies, the deviation of which 1.96 hold
95 % of the errors, and what of it a second visit of the same person in other clothes does not
share. Errors are taken of measures, not of keypoints, so that left and right, which err together,
do what they do. A reading that follows the body in part is set right by a line (classical
calibration: Eisenhart 1939), and everything is said of what comes of it: its slope is one, its
errors are the larger for it. Where a picture tells how large its own error is, by its heatmaps or
by the looks of the measuring pass, the deviation is a factor of that; else it is a constant.

Photographs may widen what bodies say of loose clothes: the labels' noise is taken out of the
difference between network and labels by a third network (a three-cornered hat).
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from posture_tools.cli import tracked
from posture_tools.evaluate.angle_error import short_way
from posture_tools.evaluate.bodies import dress_of
from posture_tools.evaluate.body_pack import Body
from posture_tools.evaluate.body_truth import DEFINITIONS, STATURE_MM, in_picture, with_scale
from posture_tools.evaluate.contenders import Contender
from posture_tools.evaluate.report import number
from posture_tools.evaluate.slope import robust_sd, slope_of_values
from posture_tools.evaluate.views import VIEWS
from rich.table import Table

from edge.accuracy import CLOTHING, Accuracy, Clothing, MeasureAccuracy, Predictor
from edge.posture.assess import assess, effects_of
from edge.posture.clothing import UNTOLD, Dress
from edge.posture.landmarks import Landmarks, near_side
from edge.posture.uncertainty import COVERAGE

Float64 = NDArray[np.float64]
Key = tuple[str, str, str]  # code, version of the definition, view

_LEAST = 8  # readings; of fewer nothing is said
_LEAST_DRESSED = 20  # of one kind of clothing; else everybody's count
_LEAST_QUANTILE = 40  # readings that have a 95 % quantile worth the name
# A reading that follows less of the body is left as it is: set right, it would be noise enlarged.
_LEAST_FOLLOWED = 0.6
_LEAST_SURE = 0.1  # standard error of a slope by which a reading may be set right
# Rank correlation of error and what foretells it, from which on it does.
_FORETELLS = 0.3
_BARE = Dress("bare", "bare")
_LANDMARKS = {(d.code, d.version): d.landmarks for d in DEFINITIONS}
_FORETOLD_BY: tuple[Predictor, ...] = ("maps", "looks")


@dataclass(frozen=True, slots=True)
class BodyReading:
    """One measure of one body. error : read minus true. foretold : deviation by each predictor.

    weakest : height of the lowest peak of the keypoints that it is taken from.
    """

    key: Key
    clothing: Clothing
    person: tuple[str, int]
    true: float
    error: float
    foretold: Mapping[Predictor, float]
    weakest: float = 1.0

    def off(self, gain: float, shift: float) -> float:
        """The error once the reading is set right."""
        return gain * (self.true + self.error) + shift - self.true

    def scale(self, predictor: Predictor) -> float:
        """What a deviation is a factor of."""
        return self.foretold.get(predictor, 0.0) if predictor else 1.0


def every_measure(predictor: Predictor) -> Accuracy:
    """A network of which every picture tells by itself how far it is off."""
    rows = tuple(
        MeasureAccuracy(d.code, view, worn, 1, 1.0, 1.0, d.version, predictor=predictor)
        for d in DEFINITIONS
        for view in d.views
        for worn in CLOTHING
        if view != "unknown"
    )
    return Accuracy("what pictures tell", 1.0, rows)


_BY_PICTURE = {predictor: every_measure(predictor) for predictor in _FORETOLD_BY}


def read(
    contender: Contender, bodies: Sequence[Body], quiet: bool
) -> tuple[list[BodyReading], float]:
    """All that a contender measures of bodies, and the stature px of the smallest of them."""
    found: list[BodyReading] = []
    statures = []
    for body in tracked(bodies, "measuring", quiet=quiet):
        frame = body.read()
        calibration = body.calibration(frame)
        pose = contender.locate(frame, body.person)
        if pose is None:
            continue
        landmarks = Landmarks.of(pose, calibration, near_side(pose, body.view))
        stature = landmarks.stature_px
        if stature is not None:
            statures.append(stature)
        truth, dress = in_picture(body, calibration), dress_of(body)
        calibration = with_scale(pose, calibration)
        foretold = {
            predictor: {
                code: next((e.normal for e in effects if e.cause == "network"), 0.0)
                for code, effects in effects_of(
                    replace(pose, accuracy=of_all), body.view, calibration, _BARE
                ).items()
            }
            for predictor, of_all in _BY_PICTURE.items()
        }
        unread = replace(pose, accuracy=None)
        # As if something hid the landmarks, and as if nothing did: every definition is read.
        by_joints, best = (
            {(m.code, m.definition): m for m in assess(unread, body.view, calibration, dress=worn)}
            for worn in (UNTOLD, _BARE)
        )
        for key, measure in (by_joints | best).items():
            true = truth.get(key)
            if measure.value is None or true is None:
                continue
            unit = 100.0 / STATURE_MM if measure.unit == "mm" else 1.0
            by = {
                name: of[measure.code] * unit
                for name, of in foretold.items()
                if key in best and measure.code in of
            }
            found.append(
                BodyReading(
                    (*key, body.view),
                    dress.over(_LANDMARKS[key]),
                    (body.set_name, body.number),
                    true * unit,
                    short_way(measure.value - true, measure.unit) * unit,
                    by,
                    landmarks.weakest(*_LANDMARKS[key]),
                )
            )
    return found, min(statures, default=1.0)


def fit(
    readings: Sequence[BodyReading],
    *,
    photos: Mapping[Key, float] | None = None,
    sheared: Mapping[Key, float] | None = None,
) -> tuple[MeasureAccuracy, ...]:
    """A row for each measure, view and kind of clothing that there are readings of.

    Left and right are told together, of views and of limbs: a picture from the left is the mirror
    image of one from the right, a left knee that of a right one, and networks learn from mirrored
    pictures. Told apart they would differ by the chance of who was drawn.

    photos : deviation on photographs, labels' noise taken out. sheared : slope on them.
    """
    groups: dict[Key, list[BodyReading]] = defaultdict(list)
    for reading in readings:
        groups[reading.key].append(reading)
    rows = []
    for key in sorted(groups):
        everybody = [reading for alike in _alike(key) for reading in groups.get(alike, ())]
        if len(everybody) < _LEAST:
            continue
        worn = sorted({reading.clothing for reading in everybody}, key=CLOTHING.index)
        for clothing in worn:
            alike = [reading for reading in everybody if reading.clothing == clothing]
            if len(alike) < _LEAST_DRESSED:
                alike = everybody
            row = _row(key, clothing, alike)
            # Nobody told what people on photographs wear, and untold counts as loose.
            at_least = row.gain * (photos or {}).get(key, 0.0) if clothing == "loose" else 0.0
            if at_least > row.sd and not row.predictor:
                row = _replaced(row, sd=at_least)
            if sheared and key in sheared:
                row = _replaced(row, slope_photos=round(row.gain * sheared[key], 3))
            rows.append(row)
    return tuple(rows)


def _alike(key: Key) -> tuple[Key, ...]:
    """The key, and that of the same measure in the mirror where it is another."""
    code, definition, view = key
    other = (_swapped(code), definition, _swapped(view))
    return (key,) if other == key else (key, other)


def _swapped(name: str) -> str:
    """The other side's: of a view, or of a measure whose code ends with its side."""
    for one, other in (("left", "right"), ("right", "left")):
        if name == one or name.endswith(f"_{one}"):
            return name.removesuffix(one) + other
    return name


def _replaced(row: MeasureAccuracy, **changes: float) -> MeasureAccuracy:
    from msgspec.structs import replace as replaced

    return replaced(row, **changes)


def _row(key: Key, clothing: Clothing, readings: Sequence[BodyReading]) -> MeasureAccuracy:
    code, definition, view = key
    errors = np.array([reading.error for reading in readings])
    true = np.array([reading.true for reading in readings])
    gain, shift = _setting_right(true, true + errors)
    errors = np.array([reading.off(gain, shift) for reading in readings])
    slope = slope_of_values(true, true + errors).slope
    predictor = _predictor(readings, errors)
    scale = _scales(readings, predictor)
    return MeasureAccuracy(
        code=code,
        view=view,  # type: ignore[arg-type]  # VIEWS without `unknown`: packs are checked
        clothing=clothing,
        n=len(readings),
        sd=round(deviation(errors / scale), 4),
        sd_change=round(_of_change(readings, errors, scale), 4),
        definition=definition,
        gain=gain,
        shift=shift,
        slope=None if math.isnan(slope) else round(slope, 3),
        bias=round(float(errors.mean()), 3),
        predictor=predictor,
    )


def _setting_right(true: Float64, read: Float64) -> tuple[float, float]:
    """Gain and shift that make a reading follow the body; 1, 0 where it hardly does or wildly."""
    line = slope_of_values(true, read)
    sure = len(true) >= _LEAST_DRESSED and line.standard_error <= _LEAST_SURE
    if not (sure and _LEAST_FOLLOWED <= line.slope <= 1.0 / _LEAST_FOLLOWED):
        return 1.0, 0.0
    gain = round(1.0 / line.slope, 3)
    return gain, round(float(true.mean() - gain * read.mean()), 3)


def deviation(errors: Float64) -> float:
    """The deviation about 0 of which 1.96 hold 95 % of the errors; of few the root mean square."""
    if len(errors) >= _LEAST_QUANTILE:
        return float(np.quantile(np.abs(errors), 0.95)) / COVERAGE
    return math.sqrt(float(np.mean(errors**2)))


def _of_change(readings: Sequence[BodyReading], errors: Float64, scale: Float64) -> float:
    """What differs between visits of one person; of people seen once, all but the common bias."""
    visits: dict[tuple[Key, tuple[str, int]], list[tuple[float, float]]] = defaultdict(list)
    for reading, error, times in zip(readings, errors.tolist(), scale.tolist(), strict=True):
        visits[reading.key, reading.person].append((error, times))
    differences = [
        (one[0] - other[0]) / math.hypot(one[1], other[1])
        for of_person in visits.values()
        for i, one in enumerate(of_person)
        for other in of_person[i + 1 :]
    ]
    if len(differences) >= _LEAST:
        return deviation(np.array(differences))
    return deviation((errors - errors.mean()) / scale)


def _predictor(readings: Sequence[BodyReading], errors: Float64) -> Predictor:
    """What foretells the errors best, if anything does."""
    best: Predictor = ""
    strongest = _FORETELLS
    if len(readings) < _LEAST_QUANTILE:
        return best
    for predictor in _FORETOLD_BY:
        foretold = _scales(readings, predictor)
        if (foretold > 0.0).all() and (strength := _ranked(np.abs(errors), foretold)) > strongest:
            best, strongest = predictor, strength
    return best


def _scales(readings: Sequence[BodyReading], predictor: Predictor) -> Float64:
    return np.array([reading.scale(predictor) for reading in readings])


def _ranked(a: Float64, b: Float64) -> float:
    """Spearman's rank correlation; 0 where one of them does not vary."""
    ranks = [np.argsort(np.argsort(values)).astype(np.float64) for values in (a, b)]
    if np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def on_photographs(
    network: Mapping[tuple[Key, str], float],
    labels: Mapping[tuple[Key, str], float],
    third: Mapping[tuple[Key, str], float],
    *,
    least: int = _LEAST_DRESSED,
) -> dict[Key, float]:
    """The network's own deviation, by a three-cornered hat of values by measure and picture.

    Three that err independently: var(a - b) + var(a - c) - var(b - c) is twice that of a.
    least : pictures of a measure; of fewer nothing is said.
    """
    shared: dict[Key, list[tuple[float, float, float]]] = defaultdict(list)
    for at in network.keys() & labels.keys() & third.keys():
        shared[at[0]].append((network[at], labels[at], third[at]))
    found = {}
    for key in shared:
        values = [each for alike in _alike(key) for each in shared.get(alike, ())]
        if len(values) < least:
            continue
        a, b, c = np.array(values).T
        variance = (robust_sd(a - b) ** 2 + robust_sd(a - c) ** 2 - robust_sd(b - c) ** 2) / 2
        found[key] = math.sqrt(max(variance, 0.0))
    return found


def name_of(packs: Iterable[Path]) -> str:
    """Names the sets of bodies that something was found on: the same bytes, the same name."""
    digest = hashlib.sha256()
    names = []
    for pack in sorted(packs):
        digest.update(pack.read_bytes())
        names.append(pack.stem)
    return f"{'+'.join(names)[:48]} {digest.hexdigest()[:12]}"


def table(accuracy: Accuracy) -> Table:
    """Every row, with its half width at 95 % and that of a change."""
    shown = Table(title=f"accuracy on {accuracy.bodies}", title_justify="left")
    for heading in ("view", "measure", "definition", "clothing", "by"):
        shown.add_column(heading)
    for heading in ("n", "slope", "on photographs", "bias", "± 95 %", "± change"):
        shown.add_column(heading, justify="right")
    nan = math.nan
    for row in sorted(accuracy.measures, key=lambda r: (VIEWS.index(r.view), r.code)):
        slopes = [nan if s is None else s for s in (row.slope, row.slope_photos)]
        halves = (COVERAGE * row.sd, COVERAGE * math.sqrt(2.0) * row.sd_change)
        shown.add_row(
            *(row.view, row.code, row.definition, row.clothing, row.predictor, str(row.n)),
            *(number(slope, 2) for slope in slopes),
            *(f"{row.bias:+.2f}", *(number(half, 2) for half in halves)),
        )
    return shown
