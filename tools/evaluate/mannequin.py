"""Angle error of an estimator on the rendered mannequin, whose true angles are known exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from posture_tools.cli import tracked
from posture_tools.evaluate.angle_error import MeasureError, Pair, measure_errors
from posture_tools.evaluate.contenders import Contender
from posture_tools.evaluate.labelled import AREA_SHARE
from posture_tools.evaluate.labelled import Person as Labelled
from posture_tools.evaluate.report import number
from posture_tools.mannequin import (
    PEOPLE,
    YAW_DEG,
    CameraPose,
    Outfit,
    Person,
    Rendered,
    Truth,
    random_light,
    render,
    stature_m,
)
from rich.table import Table

from edge.posture.assess import assess
from edge.records import Frame, Pose, View
from edge.skeletons import COCO_17, Skeleton

DISTANCE_M = 3.0
Asked = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ViewErrors:
    """Every measure of one contender in one view."""

    model: str
    view: View
    measures: tuple[MeasureError, ...]


def postures() -> list[Asked]:
    """Fifteen standing postures: all pairs of shoulder and pelvis tilt, the rest in turn.

    The rest runs out of step with the tilts, so that one measure's posture is not another's error.
    """
    tilts = ((-6.0, -3.0, 0.0, 3.0, 6.0), (-4.0, 0.0, 4.0))
    turn = (-4.0, 0.0, 4.0)
    return [
        {
            "shoulder_tilt": shoulder,
            "pelvic_obliquity": pelvis,
            "head_lean": turn[(i + i // 3) % 3],
            "trunk_lean": turn[(i // 3) % 3] / 2,
            "head_forward_angle": 8.0 + 2 * turn[(2 * i + i // 3) % 3],
        }
        for i, (shoulder, pelvis) in enumerate(product(*tilts))
    ]


def measure_mannequins(
    contenders: Sequence[Contender], asked: Sequence[Asked], body_px: float, quiet: bool
) -> list[ViewErrors]:
    """Show every posture from every side to every contender; the people take turns.

    body_px : stature of the mannequin in the picture.

    Truth and prediction go through the same definitions; a keypoint that the mannequin hides is
    missing in the truth, and what needs it is not compared.
    """
    pairs: dict[tuple[str, View], list[Pair]] = {
        (c.name, view): [] for c in contenders for view in YAW_DEG
    }
    scenes = [(i, posture, view) for i, posture in enumerate(asked) for view in YAW_DEG]
    for i, posture, view in tracked(scenes, "measuring", quiet=quiet):
        person = Person(PEOPLE[i % len(PEOPLE)], posture, Outfit(i), YAW_DEG[view])
        camera = CameraPose(
            distance_m=DISTANCE_M, focal_px=body_px * DISTANCE_M / stature_m(person.who)
        )
        rendered = render(person, camera=camera, light=random_light(np.random.default_rng(i)))
        frame = Frame(rendered.image, 0, 0, still=True, name=f"mannequin {view} {i}")
        for contender in contenders:
            pairs[contender.name, view].append(_pair(contender, frame, rendered, view))
    return [
        ViewErrors(name, view, tuple(measure_errors(each).values()))
        for (name, view), each in pairs.items()
    ]


def tables(views: Sequence[ViewErrors]) -> list[Table]:
    """One table a contender: every measure in every view."""
    by_model: dict[str, Table] = {}
    for view in views:
        table = by_model.get(view.model)
        if table is None:
            table = Table("view", "measure", "unit", title=view.model, title_justify="left")
            for heading in ("n", "refused", "bias", "SD", "slope", "p95", "interval", "holds"):
                table.add_column(heading, justify="right")
            by_model[view.model] = table
        for m in view.measures:
            counts = (str(m.n), str(m.refused))
            errors = (f"{m.bias:+.2f}", f"{m.sd:.2f}", number(m.slope, 2), f"{m.p95_abs:.2f}")
            interval = (f"± {m.median_u95:.2f}", f"{m.covered:.1%}")
            table.add_row(view.view, m.code, m.unit, *counts, *errors, *interval)
    return list(by_model.values())


def _pair(contender: Contender, frame: Frame, rendered: Rendered, view: View) -> Pair:
    (truth,) = rendered.people
    found = contender.locate(frame, _labelled(truth))
    skeleton = COCO_17 if found is None else found.skeleton
    predicted = () if found is None else assess(found, view)
    return predicted, assess(true_pose(truth, skeleton), view)


def true_pose(truth: Truth, skeleton: Skeleton) -> Pose:
    """The mannequin's exact keypoints; hidden ones, and those it does not have, are missing."""
    keypoints = np.full((len(skeleton.keypoints), 3), (np.nan, np.nan, 0.0), np.float32)
    for i, name in enumerate(skeleton.keypoints):
        point = truth.keypoints.get(name)
        if point is not None and point.visible:
            keypoints[i] = (point.x_px, point.y_px, 1.0)
    exact = np.zeros((len(keypoints), 2, 2), np.float32)
    exact[np.isnan(keypoints[:, 0])] = np.nan
    return Pose(skeleton, keypoints, exact, 1.0, truth.box_px)


def _labelled(truth: Truth) -> Labelled:
    keypoints = truth.array(COCO_17.keypoints).astype(np.float64)
    area_px2 = AREA_SHARE * truth.box_px[2] * truth.box_px[3]
    return Labelled(keypoints, area_px2, truth.box_px)
