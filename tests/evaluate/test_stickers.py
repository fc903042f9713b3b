"""Targets drawn on people of a pack, and a station that knows where their joints are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from posture_tools.evaluate.sticker_scenes import HEIGHTS_PX, Scene, on_bodies
from posture_tools.evaluate.stickers import Verdict, as_figures, judge, take_chance
from simulators.standing_person import seen
from simulators.stickered import CAMERA, wall

from edge.errors import LabelsInvalid
from edge.records import Frame, Pose, Uint8
from edge.skeletons import COCO_17

SEED = 4


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A person from the front, one from behind, and one who leans far over."""
    rng = np.random.default_rng(SEED)
    jpegs, people = [], []
    for view in ("front", "back", "front"):
        points = seen(view, camera=CAMERA, sigma_px=1.0).keypoints.astype(np.float64)
        points[:, 2] = 2.0
        jpegs.append(cv2.imencode(".jpg", wall(rng), (cv2.IMWRITE_JPEG_QUALITY, 95))[1].tobytes())
        people.append(points)
    shoulders = [COCO_17.index[f"{side}_shoulder"] for side in ("left", "right")]
    people[2][shoulders, 0] += 160.0
    (tmp_path / "three.bin").write_bytes(b"".join(jpegs))
    np.savez(
        tmp_path / "three.npz",
        off=np.cumsum([0, *map(len, jpegs)]),
        kp=np.array(people),
        names=np.array(COCO_17.keypoints),
    )
    return tmp_path / "three"


class Knows:
    """An estimator that is asked for scenes in their order, and answers from what is true.

    reading : what it makes of the true joints.
    """

    def __init__(self, scenes: Sequence[Scene], reading: Callable[[Pose], Pose] = lambda p: p):
        self._answers = iter([reading(scene.joints) for scene in scenes])

    def estimate(self, frame: Frame) -> list[Pose]:
        assert frame.still
        return [next(self._answers)]


def scenes_of(pack: Path, limit: int | None = None) -> list[Scene]:
    return list(on_bodies(pack, np.random.default_rng(SEED), limit, quiet=True))


def test_who_stands_is_drawn_on_at_each_height_and_nobody_else(pack: Path) -> None:
    scenes = scenes_of(pack)
    assert [scene.view for scene in scenes] == ["front"] * 3 + ["back"] * 3
    assert [scene.height_px for scene in scenes] == [*HEIGHTS_PX, *HEIGHTS_PX]
    assert all(set(scene.centres_px) <= set(scene.targets) for scene in scenes)
    assert all(len(scene.centres_px) >= 8 for scene in scenes)


def test_a_limit_holds_for_a_pack(pack: Path) -> None:
    assert [scene.view for scene in scenes_of(pack, limit=1)] == ["front"] * 3


def test_targets_are_found_where_they_were_drawn_and_told_apart(pack: Path) -> None:
    scenes = scenes_of(pack)
    verdict = judge(scenes, Knows(scenes))  # type: ignore[arg-type]
    everybody = as_figures(verdict)["targets"]["all who stand"]  # type: ignore[index]
    assert verdict.missed == 0
    assert everybody["people"] == 6
    assert everybody["drawn"] == sum(len(scene.centres_px) for scene in scenes)
    assert everybody["found"] >= 0.97 * everybody["drawn"]
    assert everybody["told"] == everybody["found"]
    assert everybody["centre_p95_px"] < 0.25


def test_somebody_seen_elsewhere_is_missed_and_not_counted(pack: Path) -> None:
    def aside(pose: Pose) -> Pose:
        moved = pose.keypoints.copy()
        moved[:, 0] += 200.0
        return Pose(pose.skeleton, moved, pose.covariance_px2, pose.score)

    scenes = scenes_of(pack)
    verdict = judge(scenes, Knows(scenes, aside))  # type: ignore[arg-type]
    assert (verdict.missed, verdict.everybody.drawn) == (6, 0)


def test_what_is_found_on_somebody_without_stickers_is_one_too_many(pack: Path) -> None:
    scenes = scenes_of(pack, limit=1)
    worn: list[Uint8] = [scene.image for scene in scenes]
    verdict = Verdict()
    take_chance(worn, Knows(scenes), verdict)  # type: ignore[arg-type]
    assert verdict.searches == 4 * len(scenes), "from the front, the back and both sides"
    assert verdict.chance >= len(scenes[0].centres_px), "these wear some, and all of them count"


def test_a_pack_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LabelsInvalid, match="no pack of bodies"):
        scenes_of(tmp_path / "nothing")
