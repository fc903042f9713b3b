"""What a visit comes to: at most three findings, and what to take again and why.

A finding is sure: it lies outside what is usual, changed since the last visit, or differs from the
other side by more than its interval. What has a doubt beside the width of its interval is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from edge.norms import Norms, Placed
from edge.posture.fitness import OWN_REASONS, needed
from edge.records import Measure, View
from edge.report.change import Change
from edge.report.reported_visit import ReportedVisit
from edge.report.together import APART, Combined
from edge.report.trend import changes
from edge.report.words import Words

MOST = 3
_ALL_VIEWS: tuple[View, ...] = ("front", "back", "left", "right")
# What a sign says of measures that are 0 in somebody whose sides are alike; one finding a region.
_DIRECTIONS = {
    "shoulder_tilt": ("higher", "shoulders"), "scapular_tilt": ("higher", "shoulders"),
    "axilla_tilt": ("higher", "shoulders"), "pelvis_tilt": ("higher", "pelvis"),
    "waist_tilt": ("higher", "pelvis"), "knee_line": ("higher", "knees"),
    "head_tilt_ear": ("higher", "head"), "head_tilt_eye": ("higher", "head"),
    "head_lean": ("leans", "head"), "trunk_lean": ("leans", "trunk"),
    "head_over_ankles": ("beside", "balance"), "shoulders_over_ankles": ("beside", "balance"),
    "hips_over_ankles": ("beside", "balance"), "spine_line_deviation": ("beside", "trunk"),
    "waist_asymmetry": ("larger", "waist"), "axilla_asymmetry": ("larger", "waist"),
    "leg_length_appearance": ("longer", "legs"),
}  # fmt: skip
# What somebody can mend by standing anew, in other clothes, or before another light.
_MENDABLE = (
    "keypoint_missing", "keypoint_weak", "seen_from", "knee_bent", "turned", "moving", "two_people",
    "cut_off", "too_far", "dark", "bright", "blurred", "hidden", "sides_unequal", "too_few_frames",
    "repeats", "no_person", "view_unclear", "face_not_seen", "looking_direction_not_seen",
    "yaw_unsure", "oblique", "too_short", "stickers_found", "sticker_ambiguous",
    "under_loose_cloth", "not_read",
    "shoulders_and_hips_contradict", "face_and_feet_contradict", "near_and_far_side_contradict",
    "face_seen_from_behind", "yaw_and_shoulders_contradict",
)  # fmt: skip
_REASONS_TOLD = 4


class Finding(NamedTuple):
    """kind : `outside` what is usual, `changed`, or `uneven` sides. text : one plain sentence."""

    kind: str
    code: str
    text: str


class Again(NamedTuple):
    """Views to take again, and the reasons as plain words."""

    views: tuple[View, ...]
    text: str


def placed(visit: ReportedVisit, one: Combined, norms: Norms) -> Placed:
    """Where a quantity lies among people like this one."""
    return norms.place(one.measure, visit.who)


def main_findings(
    visit: ReportedVisit, together: tuple[Combined, ...], norms: Norms, words: Words
) -> tuple[Finding, ...]:
    """The three that matter most: outside what is usual, then changed, then uneven.

    together : the visit's quantities (`combined`). norms : by which bands are told. words : of the
    reader's language.
    """
    sure = [one for one in together if _sure(one.measure)]
    ranked = [
        *_outside(visit, sure, norms, words),
        *_changed(visit, sure, words),
        *_uneven(sure, words),
    ]
    by_code: dict[str, Finding] = {}
    for finding in ranked:
        by_code.setdefault(finding.code, finding)
    return tuple(by_code.values())[:MOST]


def _sure(measure: Measure) -> bool:
    return measure.value is not None and all(why in OWN_REASONS for why in measure.why)


def _outside(
    visit: ReportedVisit, sure: list[Combined], norms: Norms, words: Words
) -> Iterator[Finding]:
    """Clear of the usual range, the farthest in its standard deviations first."""
    found = []
    for one in sure:
        bands, norm, _ = placed(visit, one, norms)
        if norm is not None and len(bands) == 1 and bands[0] != "usual":
            far = abs((one.measure.value or 0.0) - norm.mean) / norm.sd
            low, high = (number(end, norm.unit, words) for end in norm.usual)
            text = words(
                "findings", bands[0], named(one.measure, words), told(one.measure, words), low, high
            )
            found.append((far, Finding("outside", one.measure.code, text)))
    yield from (finding for _, finding in sorted(found, key=lambda each: -each[0]))


def _changed(visit: ReportedVisit, sure: list[Combined], words: Words) -> Iterator[Finding]:
    found: list[tuple[float, Finding]] = []
    for one in sure:
        told_of = changes(visit, one)
        if not told_of or told_of[-1].change.verdict != "changed":
            continue
        last: Change = told_of[-1].change
        then = told_of[-1].before.measure
        text = words(
            "findings", "changed", named(one.measure, words),
            number(then.value or 0.0, then.unit, words),
            number(one.measure.value or 0.0, then.unit, words),
        )  # fmt: skip
        times = abs(last.delta or 0.0) / max(last.least or 0.0, 1e-9)
        found.append((times, Finding("changed", one.measure.code, text)))
    yield from (finding for _, finding in sorted(found, key=lambda each: -each[0]))


def _uneven(sure: list[Combined], words: Words) -> Iterator[Finding]:
    """Sides that differ by more than the interval, the most by what is needed first."""
    found: dict[str, tuple[float, Finding]] = {}
    for one in sure:
        measure = one.measure
        if measure.code not in _DIRECTIONS or measure.value is None or measure.u95 is None:
            continue
        beyond = abs(measure.value) - measure.u95
        if beyond <= 0.0:
            continue
        direction, region = _DIRECTIONS[measure.code]
        times = beyond / (needed(measure.code, measure.unit) or abs(measure.value))
        side = "right" if measure.value > 0.0 else "left"
        size = told(measure, words, signed=False)
        text = words("findings", f"{direction}_{side}", named(measure, words), size)
        finding = Finding("uneven", measure.code, text)
        if region not in found or found[region][0] < times:
            found[region] = times, finding
    yield from (finding for _, finding in sorted(found.values(), key=lambda each: -each[0]))


def to_repeat(
    visit: ReportedVisit, together: tuple[Combined, ...], words: Words
) -> tuple[Again, ...]:
    """What to take again and why: views that are missing, spoiled, or contradict each other."""
    again = []
    for view in _ALL_VIEWS:
        seen = [each for each in visit.views if each.view == view]
        if not seen:
            again.append(Again((view,), words("page", "not_taken")))
            continue
        reasons = _mendable(seen[-1].measures, words)
        if reasons:
            again.append(Again((view,), words.listed(reasons[:_REASONS_TOLD])))
    apart = [one for one in together if APART in one.measure.why]
    for views in dict.fromkeys(one.views for one in apart):
        names = [named(one.measure, words) for one in apart if one.views == views]
        again.append(Again(views, words("page", "apart", words.listed(names))))
    return tuple(again)


def _mendable(measures: tuple[Measure, ...], words: Words) -> list[str]:
    """Reasons in words, what spoils most measures first."""
    counts: dict[str, int] = {}
    for why in (why for measure in measures for why in measure.why):
        if why.partition(":")[0] in _MENDABLE:
            counts[words.reason(why)] = counts.get(words.reason(why), 0) + 1
    return sorted(counts, key=lambda reason: -counts[reason])


def named(measure: Measure, words: Words) -> str:
    """The measure's name, with the side that was turned to the camera where it is one of two."""
    name = words.measure(measure.code, measure.definition)
    if not measure.side or measure.code.endswith(f"_{measure.side}"):
        return name
    return f"{name} ({words('sides', measure.side)})"


def number(value: float, unit: str, words: Words, *, signed: bool = False) -> str:
    """A value with its unit."""
    digits = 2 if unit == "1" else 1
    sign = "+" if signed else ""
    shown = f"{round(value, digits) + 0.0:{sign}.{digits}f}".replace("-", "−")
    return f"{shown}{words.unit(unit)}"


def told(measure: Measure, words: Words, *, signed: bool = True) -> str:
    """A value and its interval. signed : with its sign; otherwise its size alone."""
    value = measure.value or 0.0
    size = number(value if signed else abs(value), measure.unit, words, signed=signed)
    half = "" if measure.u95 is None else f" (±{number(measure.u95, measure.unit, words)})"
    return f"{size}{half}"
