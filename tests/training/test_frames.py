"""Frames of several people: labels on their pixels, what is gone, what nobody is asked about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from training.synthetic import SIZE_HW, sampler

pytest.importorskip("torch")

from posture_tools.training import frames as framing
from posture_tools.training.frame_validation import _is_swapped, _kind, _share_near
from posture_tools.training.frames import (
    Frame,
    FrameMix,
    FrameSampler,
    Labelled,
    labelled,
    paste,
    targets,
)
from posture_tools.training.framing import Distortion, Region, crop_affine
from posture_tools.training.photographs import Photographs
from posture_tools.training.picture import exact_yaw
from posture_tools.training.renders import Renders

from edge.skeletons import COCO_18

SMALL = FrameMix(size_hw=(64, 64), people=(0.0, 0.0, 1.0, 0.0), occluded=0.0)
MIDDLE = Region(np.array([36.0, 48.0]), 96.0)


def source(folder: Path, mix: FrameMix) -> FrameSampler:
    sampler(folder)
    photographs = Photographs([folder / "photographs"], "train")
    return FrameSampler(photographs, Renders(folder / "renders"), mix)


def empty(size: int = 96) -> Frame:
    return Frame(np.zeros((size, size, 3), np.uint8), (0, 0, size, size))


def test_people_of_a_frame_lie_on_their_pixels(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(framing, "vary_appearance", lambda image, *_, **__: image)
    mix = replace(SMALL, size_hw=(192, 192), people=(0.0, 1.0), height=(0.7, 0.7))
    drawn = source(tmp_path, mix)
    seen = 0
    for seed in range(8):
        frame = drawn.frame(np.random.default_rng(seed))
        points = frame.people[0].points
        for x, y in points[np.isfinite(points[:, 0])].round().astype(int):
            if (x, y) != tuple(points[1].round().astype(int)):  # the neck has no spot
                seen += 1
                assert frame.image[y - 2 : y + 3, x - 2 : x + 3].max() > 110
    assert seen > 60


def test_frames_with_nobody_and_with_several_people(tmp_path: Path):
    for chances, count in (((1.0, 0.0), 0), ((0.0, 0.0, 1.0), 2)):
        drawn = source(tmp_path, replace(SMALL, people=chances))
        frame = drawn.frame(np.random.default_rng(0))
        assert len(frame.people) == count
        maps = targets(frame)
        assert maps["heatmaps"].any() == bool(count)
        assert maps["pafs"].shape == (38, 16, 16)


def test_a_mirrored_person_has_left_and_right_changed(tmp_path: Path):
    sampler(tmp_path)
    picture = Renders(tmp_path / "renders").picture(0)
    inner = (0, 0, 96, 96)
    plain, mirrored = (
        labelled(picture, crop_affine(MIDDLE, (96, 96), Distortion(flip=flip)), inner, flip=flip)
        for flip in (False, True)
    )
    flip = np.array(COCO_18.flip)
    np.testing.assert_allclose(mirrored.points[flip, 0], 95 - plain.points[:, 0], atol=1e-3)
    neck, *shoulders = (COCO_18.index[name] for name in ("neck", "left_shoulder", "right_shoulder"))
    np.testing.assert_allclose(plain.points[neck], plain.points[shoulders].mean(axis=0), atol=1e-4)


def test_a_face_that_looks_away_is_gone_and_a_point_outside_too(tmp_path: Path):
    sampler(tmp_path)
    picture = Renders(tmp_path / "renders").picture(0)
    nose = COCO_18.index["nose"]
    hidden = picture.trust.copy()
    hidden[0] = 0.5
    back = replace(picture, yaw=exact_yaw(180), trust=hidden)
    affine = crop_affine(MIDDLE, (96, 96), Distortion())
    for who, gone in ((back, True), (replace(back, yaw=exact_yaw(0)), False)):
        person = labelled(who, affine, (0, 0, 96, 96), flip=False)
        assert np.isnan(person.points[nose, 0]) == gone
        assert person.trust[nose] > 0
    legs_cut = labelled(picture, affine, (0, 0, 96, 60), flip=False)
    ankle = COCO_18.index["left_ankle"]
    assert np.isnan(legs_cut.points[ankle, 0])
    assert legs_cut.trust[ankle] == 1


def test_an_unknown_keypoint_is_not_asked_about_in_the_persons_box():
    points = np.full((18, 2), 40.0, np.float32) + np.arange(18)[:, None]
    trust = np.ones(18, np.float32)
    trust[4], points[4] = 0, np.nan
    person = Labelled(points, trust, np.array([20, 20, 80, 80], np.float32))
    frame = empty()
    frame.people.append(person)
    frame.ignored.append(np.array([84, 84, 95, 95], np.float32))
    maps = targets(frame)
    assert not maps["heatmaps_cells"][4, 6:20, 6:20].any()
    assert maps["heatmaps_cells"][4, :4].all(), "outside the box it is not there"
    assert not maps["heatmaps_cells"][:, 22:, 22:].any()
    limbs = [k for k, limb in enumerate(COCO_18.limbs) if 4 in limb]
    assert not maps["pafs_cells"][limbs, 6:20, 6:20].any()


def test_a_cut_out_covers_nothing_beside_itself():
    height, width = SIZE_HW
    mask = np.zeros((height, width), bool)
    mask[30:60, 20:50] = True
    affine = crop_affine(MIDDLE, (96, 96), Distortion())
    cut, whole = empty(), empty()
    white = np.full((height, width, 3), 255, np.uint8)
    paste(cut, white, mask, affine)
    paste(whole, white, None, affine)
    assert cut.image[45, 47].min() == 255
    assert cut.image[10, 47].max() == 0
    assert whole.image[10, 47].min() == 255
    shrinking = crop_affine(Region(MIDDLE.centre, 300.0), (96, 96), Distortion())
    small = empty()
    paste(small, white, mask, shrinking)
    assert 0.6 < small.image.sum() / 255 / 3 / (mask.sum() * 0.32**2) < 1.4


def test_the_letterbox_stays_black(tmp_path: Path):
    drawn = source(tmp_path, SMALL)
    boxed = 0
    for seed in range(20):
        frame = drawn.frame(np.random.default_rng(seed))
        x0, y0, x1, y1 = frame.inner
        outside = np.ones((64, 64), bool)
        outside[y0:y1, x0:x1] = False
        boxed += outside.any()
        assert not frame.image[outside].any()
        for person in frame.people:
            known = person.points[np.isfinite(person.points[:, 0])]
            assert (known >= [x0 - 0.5, y0 - 0.5]).all()
            assert (known <= [x1 - 0.5, y1 - 0.5]).all()
    assert 5 < boxed < 20


def test_a_batch_depends_on_its_generator_alone(tmp_path: Path):
    drawn = source(tmp_path, SMALL)
    first, again = (drawn.batch(3, np.random.default_rng([1, 2])) for _ in range(2))
    assert all((first[name] == again[name]).all() for name in first)
    assert first["image"].shape == (3, 64, 64, 3)


def test_people_found_are_told_by_their_side():
    points = np.zeros((18, 2), np.float32)
    points[COCO_18.index["left_shoulder"]] = 60, 20
    points[COCO_18.index["right_shoulder"]] = 40, 20
    person = Labelled(points, np.ones(18, np.float32), np.array([30, 0, 70, 100], np.float32))
    assert _kind(person) == "front"
    found = np.column_stack([points, np.ones(18)])
    assert _share_near(found, person) == 1
    assert not _is_swapped(found, person)
    mirrored = found[list(COCO_18.flip)]
    assert _is_swapped(mirrored, person)
    assert _kind(replace(person, points=points[list(COCO_18.flip)])) == "back"
