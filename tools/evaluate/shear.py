"""How much of a tilt a network reads: photographs whose lines were turned by a known angle.

The line of the shoulders (hips, knees, ankles, eyes) is sheared locally by 3, 5 and 8 deg either
way, with three ways to fade out; knees are moved sideways as well, by what changes their frontal
angle by as much. What is compared is the change of the reading from the photograph as it was, so
neither the labels' errors nor the network's own bias enter. No picture for training is ever bent
like this: what a network has not practised shows what it sees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from posture_tools.cli import tracked
from posture_tools.evaluate.contenders import Contender
from posture_tools.evaluate.labelled import Float64, detection
from posture_tools.evaluate.lines import Subject, subjects
from posture_tools.evaluate.photos import Picture
from posture_tools.evaluate.report import number
from posture_tools.evaluate.slope import Slope, slope_of_changes
from posture_tools.evaluate.warp import FALLOFFS, Bend, Falloff, Shear, Shift, bent, where
from rich.table import Table

from edge.errors import LabelsInvalid
from edge.posture.angles import tilt_deg
from edge.records import Frame
from edge.skeletons import BODY_55, COCO_17

DEGREES = (-8.0, -5.0, -3.0, 3.0, 5.0, 8.0)
LINES = ("shoulder", "hip", "knee", "ankle", "eye")
SIDEWAYS = "knee sideways"
# Lines of landmarks that lie on one of them, and from where they are seen: turned by as much as the
# photograph is turned where the contender itself found their ends, for nobody labels them.
ON_SKIN: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "shoulder": (("acromion", ("front", "back")),),
    "hip": (("asis", ("front",)), ("psis", ("back",))),
}
Bends = Sequence[tuple[tuple[int, Falloff], float]]
BENDS: Bends = tuple(product(enumerate(FALLOFFS), DEGREES))
# What a slope alone takes: the middle way to fade out, either way.
FEW_BENDS: Bends = (((1, FALLOFFS[1]), -5.0), ((1, FALLOFFS[1]), 5.0))
AT_HIPS = ("hip", *(name for name, _ in ON_SKIN["hip"]))
SHOWN, NOT_SHOWN = "waist and hips show", "they do not"
# A change further off than this is another place or another person, not a reading of the line.
_WILD_DEG = 20.0
_KNEES = [COCO_17.index[f"{side}_knee"] for side in ("right", "left")]

# (17 or 55, 2) keypoints -> one or more angles, deg.
Gauge = Callable[[Float64], Float64]


@dataclass(frozen=True, slots=True)
class Change:
    """What one contender read of one bend of one person.

    person : index among those examined in the picture.
    true_deg, read_deg : how far the line was turned, and how far the reading moved.
    lost : why there is no such reading: missed (a keypoint was not found), swapped (left and right
        exchanged), wild (more than 20 deg off); empty where there is one.
    """

    contender: str
    set_name: str
    picture: str
    person: int
    hips_show: bool
    line: str
    falloff: int
    true_deg: float
    read_deg: float
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One contender on one line.

    set_name, pictures, falloff : `all`, or those that the row is of.
    people : how many. missed, swapped, wild : parts of all readings, which `of` leaves out.
    """

    contender: str
    set_name: str
    line: str
    pictures: str
    falloff: str
    people: int
    missed: float
    swapped: float
    wild: float
    of: Slope


def examine(
    contenders: Sequence[Contender],
    pictures: Sequence[Picture],
    reference: Contender | None,
    quiet: bool,
    bends: Bends = BENDS,
) -> list[Change]:
    """Show every bend of every picture to every contender.

    reference : tells where the lines lie; without one the labels do. bends : number and way to
    fade out, and deg, of each.

    Raises
    ------
    ImageUnreadable, LabelsInvalid : a photograph that is damaged, or nobody to examine.
    SettingsInvalid : an unlabelled photograph, and no reference that finds people.
    """
    changes: list[Change] = []
    for picture in tracked(pictures, "bending", quiet=quiet):
        frame = picture.read()
        for i, subject in enumerate(subjects(picture, frame, reference)):
            changes += _examined(contenders, picture, frame, subject, person=i, bends=bends)
    if not changes:
        raise LabelsInvalid(
            "nobody in these pictures is known to be seen from front or back, from shoulders to"
            " ankles.",
            "Name other photographs, or --lines-by a network that finds people.",
        )
    return changes


def _examined(
    contenders: Sequence[Contender],
    picture: Picture,
    frame: Frame,
    subject: Subject,
    *,
    person: int,
    bends: Bends,
) -> Iterator[Change]:
    before = [_points(contender, frame, subject) for contender in contenders]
    for line in (*LINES, SIDEWAYS):
        if not subject.has(_part(line)):
            continue
        for (k, falloff), deg in bends:
            bend = _bend(line, subject, deg, falloff)
            shown = Frame(bent(frame.image, bend), 0, 0, still=True, name=frame.name)
            for contender, was in zip(contenders, before, strict=True):
                now = _points(contender, shown, subject)
                for reading, true_deg in _turned(line, subject, bend, was):
                    lost = _lost(reading, line, subject, was, now)
                    gauge = _gauge(reading, subject)
                    read_deg = np.full_like(true_deg, np.nan) if lost else gauge(now) - gauge(was)
                    for true, read in zip(true_deg.tolist(), read_deg.tolist(), strict=True):
                        wild = abs(read - true) > _WILD_DEG
                        yield Change(
                            contender.name, picture.set_name, picture.name, person,
                            subject.person.hips_show, reading, k, true, read,
                            "wild" if wild else lost,
                        )  # fmt: skip


def _part(line: str) -> str:
    return "knee" if line == SIDEWAYS else line


def _turned(line: str, subject: Subject, bend: Bend, was: Float64) -> Iterator[tuple[str, Float64]]:
    """What is read of a bend, and how far it was turned: the line, and the landmarks on it."""
    gauge = _gauge(line, subject)
    yield line, gauge(where(bend, subject.points_px)) - gauge(subject.points_px)
    for landmark, views in ON_SKIN.get(line, ()):
        ends = was[_ends(landmark)]
        if subject.person.view in views and np.isfinite(ends).all():
            moved = was.copy()
            moved[_ends(landmark)] = where(bend, ends)
            gauge = _gauge(landmark, subject)
            yield landmark, gauge(moved) - gauge(was)


def _ends(line: str) -> list[int]:
    return [BODY_55.index[f"{side}_{line}"] for side in ("right", "left")]


def _points(contender: Contender, frame: Frame, subject: Subject) -> Float64:
    """(55, 2), NaN where its skeleton lacks a point or it found none; COCO's joints first."""
    points = np.full((len(BODY_55.keypoints), 2), np.nan)
    pose = contender.locate(frame, subject.person)
    if pose is not None:
        points[: len(COCO_17.keypoints)] = detection(pose).keypoints
        for i, name in enumerate(BODY_55.keypoints):
            if name in pose.skeleton.index:
                points[i] = pose.keypoints[pose.skeleton.index[name], :2]
    return points


def _gauge(line: str, subject: Subject) -> Gauge:
    """Of a line its tilt; of each knee how far its place to the side changes its frontal angle."""
    if line == SIDEWAYS:
        deg_per_px = math.degrees(2.0 / _limb_px(subject))
        return lambda points: points[_KNEES, 0] * deg_per_px
    right, left = _ends(line)
    return lambda points: np.array([tilt_deg(points[right], points[left])])


def _bend(line: str, subject: Subject, deg: float, falloff: Falloff) -> Bend:
    x, y = subject.ends_px(_part(line)).mean(axis=0).tolist()
    if line == SIDEWAYS:
        right_px = math.radians(deg) / 2.0 * _limb_px(subject)
        return Shift(y, subject.body_px, right_px, falloff)
    return Shear((x, y), subject.body_px, deg, falloff)


def _limb_px(subject: Subject) -> float:
    """Mean length of thighs and shanks in the picture."""
    hips, knees, ankles = (subject.ends_px(part) for part in ("hip", "knee", "ankle"))
    return float(np.linalg.norm([hips - knees, knees - ankles], axis=-1).mean())


def _lost(reading: str, line: str, subject: Subject, was: Float64, now: Float64) -> str:
    ends = np.stack([was, now])[:, _ends(_part(reading))]
    if not np.isfinite(ends).all():
        return "missed"
    across = np.diff(subject.ends_px(_part(line))[:, 0])
    return "swapped" if (np.diff(ends[..., 0]) * across <= 0.0).any() else ""


def rows(changes: Sequence[Change]) -> list[Row]:
    """Every line of every contender: of all sets and each, by what shows, and by how it fades."""
    together = ("all",) if len({change.set_name for change in changes}) > 1 else ()
    groups: dict[tuple[str, str, str, str, str], list[Change]] = {}
    for change in changes:
        pictures = SHOWN if change.hips_show else NOT_SHOWN
        for key in product(
            (*together, change.set_name),
            (change.line,),
            ("all", pictures),
            ("all", str(change.falloff)),
            (change.contender,),
        ):
            groups.setdefault(key, []).append(change)
    values = [list(dict.fromkeys(key[place] for key in groups)) for place in range(5)]
    values[1] = [*LINES, *(name for on in ON_SKIN.values() for name, _ in on), SIDEWAYS]
    ordered = (key for key in product(*values) if key in groups)
    return [_row(groups[key], key[0], key[2], key[3]) for key in ordered]


def _row(changes: Sequence[Change], set_name: str, pictures: str, falloff: str) -> Row:
    whose = [(change.set_name, change.picture, change.person) for change in changes]
    read = [i for i, change in enumerate(changes) if not change.lost]
    lost = [change.lost for change in changes]
    return Row(
        contender=changes[0].contender,
        set_name=set_name,
        line=changes[0].line,
        pictures=pictures,
        falloff=falloff,
        people=len(set(whose)),
        missed=lost.count("missed") / len(lost),
        swapped=lost.count("swapped") / len(lost),
        wild=lost.count("wild") / len(lost),
        of=slope_of_changes(
            [changes[i].true_deg for i in read],
            [changes[i].read_deg for i in read],
            [whose[i] for i in read],
        ),
    )


def hips_shown(changes: Sequence[Change]) -> list[str]:
    """The people whose waist and hips show, as `set/picture`."""
    return sorted({f"{c.set_name}/{c.picture}" for c in changes if c.hips_show and c.line == "hip"})


def tables(found: Sequence[Row]) -> Iterator[Table]:
    """One table a set, and first of all together; hips by whether waist and hips show too."""
    for set_name in dict.fromkeys(row.set_name for row in found):
        table = Table(title=f"turned lines, {set_name}", title_justify="left")
        for heading in ("line", "contender"):
            table.add_column(heading)
        for heading in (
            "people", "readings", "slope", "residual SD, deg\nrobust / plain",
            "missed", "swapped", "wild",
        ):  # fmt: skip
            table.add_column(heading, justify="right")
        before = ""
        for row in found:
            if row.set_name != set_name or row.falloff != "all":
                continue
            if row.pictures != "all" and row.line not in AT_HIPS:
                continue
            line = row.line if row.pictures == "all" else f"{row.line}, {row.pictures}"
            table.add_row("" if line == before else line, row.contender, *_cells(row))
            before = line
        yield table


def _cells(row: Row) -> list[str]:
    of = row.of
    return [
        str(row.people),
        str(of.n),
        f"{number(of.slope, 2)} ± {number(of.standard_error, 2)}",
        f"{number(of.residual_robust_sd, 2)} / {number(of.residual_sd, 2)}",
        *(f"{share:.1%}" for share in (row.missed, row.swapped, row.wild)),
    ]
