"""The overlay: never crashes, never changes its input, writes what JSON says (row A5)."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.standing_person import Person, pose_of, seen

from edge.field_maps import FieldMaps, Letterbox
from edge.overlay import angle_text, blend_heatmaps, draw
from edge.posture.assess import assess
from edge.skeletons import COCO_17, SKELETONS, SPINE_5

GREY = 90


def canvas(height=960, width=540):
    return np.full((height, width, 3), GREY, np.uint8)


@pytest.mark.parametrize("size", [(64, 48), (240, 320), (1920, 1080), (3000, 4000)])
@pytest.mark.parametrize("view", ["front", "back", "right", "left"])
def test_A5_any_picture_size_is_drawn_on(size, view):
    image = canvas(*size)
    pose = seen(view, sigma_px=1.0)
    drawn = draw(image, [pose], [assess(pose)])
    assert drawn.shape == image.shape
    assert (image == GREY).all()


def test_A5_missing_and_far_off_joints_are_left_out():
    points = dict.fromkeys(COCO_17.keypoints, (1e9, -1e9))
    far = pose_of(points)
    nobody = pose_of({})
    image = canvas()
    assert (draw(image, [nobody], [assess(nobody)]) == image).all()
    assert draw(image, [far], [assess(far, "front")]).shape == image.shape


coordinate = st.one_of(st.floats(-5000, 5000), st.just(float("nan")))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(coordinate, coordinate), min_size=17, max_size=17))
def test_A5_no_pose_crashes_it(points):
    pose = pose_of(
        {n: p for n, p in zip(COCO_17.keypoints, points, strict=True) if np.isfinite(p).all()}
    )
    draw(canvas(200, 100), [pose], [assess(pose, "front")])


@pytest.mark.parametrize("name", SKELETONS)
def test_A5_every_skeleton_is_drawn(name):
    skeleton = SKELETONS[name]
    points = {n: (50 + 7 * i, 60 + 11 * i) for i, n in enumerate(skeleton.keypoints)}
    pose = pose_of(points, skeleton=skeleton)
    image = canvas()
    assert (draw(image, [pose], [assess(pose, "right")]) != image).any()


def test_A5_the_text_is_the_number_of_the_record(monkeypatch):
    written = []
    put_text = cv2.putText

    def listen(image, text, *rest):
        written.append(text)
        return put_text(image, text, *rest)

    monkeypatch.setattr(cv2, "putText", listen)
    pose = seen("front", Person(shoulder_tilt_deg=4.27, head_lean_deg=-3.0), sigma_px=1.0)
    measures = assess(pose)
    draw(canvas(1920, 1080), [pose], [measures])
    shown = dict(text.rsplit(" ", 1) for text in written)
    angles = {m.code.replace("_", " "): m.value for m in measures
              if m.unit == "deg" and m.value is not None}  # fmt: skip
    assert len(shown) == len(angles) - 1  # a difference of two angles has no line of its own
    for name, text in shown.items():
        assert float(text) == pytest.approx(round(angles[name], 1), abs=1e-9)


@pytest.mark.parametrize(
    ("value", "text"), [(-0.04, "+0.0"), (0.05, "+0.1"), (-12.34, "-12.3"), (3.0, "+3.0")]
)
def test_A5_angle_text(value, text):
    assert angle_text(value) == text


def test_A5_the_plumb_line_runs_up_from_the_middle_of_the_ankles():
    pose = seen("front", sigma_px=1.0)
    drawn = draw(canvas(1920, 1080), [pose], [assess(pose)])
    ankles = pose.keypoints[[COCO_17.index["left_ankle"], COCO_17.index["right_ankle"]], 0].mean()
    column = drawn[: int(pose.keypoints[:, 1].min()) - 40, round(float(ankles))]
    assert (column != GREY).any(axis=1).all()


def test_measures_must_be_given_for_every_pose():
    with pytest.raises(ValueError, match="2 poses"):
        draw(canvas(), [pose_of({}), pose_of({}, skeleton=SPINE_5)], [()])


def test_A5_heatmaps_lie_over_the_picture_where_their_peaks_are():
    """A peak in cell (20, 9) of stride 8 in an input that is half of the picture."""
    rows, columns = np.mgrid[:16, :24]
    peak = np.exp(-((columns - 20) ** 2 + (rows - 9) ** 2) / 4).astype(np.float32)
    letterbox = Letterbox(0.5, 0.5, -0.25, -0.25, 192, 128)
    maps = FieldMaps(np.stack([np.zeros_like(peak), peak]), None, 8.0, letterbox)
    image = np.full((256, 384, 3), 100, np.uint8)
    changed = np.abs(blend_heatmaps(image, maps).astype(int) - 100).max(axis=2)
    assert (image == 100).all()
    at = np.argwhere(changed).mean(axis=0)
    assert at == pytest.approx([(9.5 * 8 - 0.5) * 2 + 0.5, (20.5 * 8 - 0.5) * 2 + 0.5], abs=1)
    assert 0.05 < (changed > 0).mean() < 0.2
    assert (changed[:64] == 0).all()


def test_A5_empty_heatmaps_leave_the_picture_as_it_is():
    image = np.random.default_rng(2).integers(0, 255, (40, 60, 3)).astype(np.uint8)
    nothing = FieldMaps(np.zeros((3, 5, 7), np.float32), None, 8.0, Letterbox(1, 1, 0, 0, 56, 40))
    assert np.array_equal(blend_heatmaps(image, nothing), image)
