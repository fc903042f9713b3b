"""Crops: labels move with the pixels, the mirror, masks, and nothing is sheared locally."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from training.synthetic import PLAIN, SIZE_HW, sampler, write_photographs

pytest.importorskip("torch")

from posture_tools.training import samples
from posture_tools.training.framing import (
    Distortion,
    Region,
    crop_affine,
    move_points,
    random_distortion,
    resized,
    warp,
    whole_region,
)
from posture_tools.training.photographs import Photographs
from posture_tools.training.picture import Picture, exact_yaw, mirrored_yaw
from posture_tools.training.points import BODY_MIRROR, BODY_POINTS
from posture_tools.training.samples import Sample, Sampler

REGION = Region(np.array([40.0, 50.0]), 60.0)


def test_a_whole_crop_has_the_persons_middle_in_its_middle():
    region = whole_region(np.array([10, 20, 30, 100], np.float32), (256, 192))
    affine = crop_affine(region, (256, 192), Distortion())
    np.testing.assert_allclose(move_points(np.array([20.0, 60.0]), affine), [95.5, 127.5])
    assert region.height == pytest.approx(100.0)
    wide = whole_region(np.array([0, 0, 90, 30], np.float32), (256, 192))
    assert wide.height == pytest.approx(90 * 4 / 3 * 1.25)


def test_a_quarter_turn_is_clockwise_on_screen_and_the_mirror_comes_last():
    affine = crop_affine(Region(np.zeros(2), 65.0), (65, 65), Distortion(turn_deg=90))
    np.testing.assert_allclose(move_points(np.array([0.0, -9.0]), affine), [41, 32], atol=1e-6)
    flipped = crop_affine(Region(np.zeros(2), 65.0), (65, 65), Distortion(90, flip=True))
    np.testing.assert_allclose(move_points(np.array([0.0, -9.0]), flipped), [23, 32], atol=1e-6)


def test_points_of_a_resized_picture_stay_where_they_are():
    affine = crop_affine(REGION, (64, 48), Distortion(12, 0.1, -0.05, flip=True))
    point = np.array([37.0, 21.0])
    half = (point + 0.5) * [0.5, 0.25] - 0.5
    moved = move_points(half, resized(affine, 0.5, 0.25))
    np.testing.assert_allclose(moved, move_points(point, affine), atol=1e-5)


def test_what_shrinks_is_low_passed():
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    affine = crop_affine(Region(np.array([199.5, 199.5]), 240.0), (60, 60), Distortion())
    small = warp(stripes, affine, np.zeros((60, 60, 3), np.uint8))
    assert small.std() < 10, "stripes finer than a pixel become grey, not other stripes"


def test_the_mirror_image_negates_the_sine_and_keeps_the_cosine():
    for yaw_deg in (0.0, 30.0, 90.0, -120.0):
        np.testing.assert_allclose(mirrored_yaw(exact_yaw(yaw_deg)), exact_yaw(-yaw_deg), atol=1e-6)
    bounds = np.array([[0.85, -0.4], [1.0, 0.3]], np.float32)
    np.testing.assert_allclose(mirrored_yaw(bounds), [[-1.0, -0.4], [-0.85, 0.3]])


def plain_sample(source: Sampler, monkeypatch, distortion: Distortion, seed: int = 0) -> Sample:
    monkeypatch.setattr(samples, "random_distortion", lambda _: distortion)
    monkeypatch.setattr(samples, "vary_appearance", lambda image, *_, **__: image)
    return source.sample(np.random.default_rng(seed), photograph=False)


def test_a_mirrored_sample_has_left_and_right_changed(tmp_path: Path, monkeypatch):
    source = sampler(tmp_path, replace(PLAIN, close=0.0, occluded=0.0))
    plain = plain_sample(source, monkeypatch, Distortion())
    mirrored = plain_sample(source, monkeypatch, Distortion(flip=True))
    np.testing.assert_allclose(
        mirrored.points[BODY_MIRROR, 0], 64 / 4 - 1 - plain.points[:, 0], atol=1e-4
    )
    np.testing.assert_allclose(mirrored.points[BODY_MIRROR, 1], plain.points[:, 1], atol=1e-4)
    assert mirrored.yaw[0, 0] == -plain.yaw[0, 0]
    assert mirrored.yaw[0, 1] == plain.yaw[0, 1]


def test_nothing_is_sheared_locally(tmp_path: Path, monkeypatch):
    """One affine takes every pixel of the picture to the crop: none of it bends by itself."""
    height, width = SIZE_HW
    y, x = np.mgrid[:height, :width].astype(np.float32)
    ramp = np.stack([x * 3, y * 2.5, np.full_like(x, 7)], axis=2).astype(np.uint8)
    stream = np.frombuffer(cv2.imencode(".png", ramp[:, :, ::-1])[1].tobytes(), np.uint8)
    source = sampler(tmp_path, replace(PLAIN, occluded=0.0))
    monkeypatch.setattr(samples, "vary_appearance", lambda image, *_, **__: image)
    picture = source._renders.draw(np.random.default_rng(0), close=False)
    swapped = Picture(
        stream, picture.points, picture.trust, picture.sharp, picture.box, photograph=False
    )
    monkeypatch.setattr(source._renders, "picture", lambda _: swapped)
    for seed in range(20):
        image = source.sample(np.random.default_rng(seed), photograph=False).image
        rows, columns = np.nonzero(
            cv2.erode((image[:, :, 2] == 7).astype(np.uint8), np.ones((5, 5)))
        )
        if len(rows) < 50:
            continue
        design = np.column_stack([columns, rows, np.ones(len(rows))])
        shown = image[rows, columns, :2] / [3, 2.5]
        fit, *_ = np.linalg.lstsq(design, shown, rcond=None)
        assert np.abs(design @ fit - shown).max() < 1.0, "px of the picture"


def test_distortions_turn_shear_and_mirror_all_of_them():
    drawn = [random_distortion(np.random.default_rng(seed)) for seed in range(400)]
    for name, least in (("turn_deg", 4.0), ("x_shear", 0.05), ("y_shear", 0.06)):
        values = np.array([getattr(each, name) for each in drawn])
        assert values.std() > least
        assert abs(np.median(values)) < 0.25 * values.std()
    assert 150 < sum(each.flip for each in drawn) < 250


def test_points_of_a_sample_lie_on_their_pixels(tmp_path: Path, monkeypatch):
    source = sampler(tmp_path, replace(PLAIN, close=0.0, occluded=0.0))
    sample = plain_sample(source, monkeypatch, Distortion(8, 0.05, 0.04, flip=True), seed=3)
    spots = (sample.points[:17] + 0.5) * 4 - 0.5
    for x, y in spots[np.isfinite(spots[:, 0])].round().astype(int):
        around = sample.image[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
        assert around.max() > 110, (x, y)


def test_other_people_are_not_asked_about_in_close_crops(tmp_path: Path):
    source = sampler(tmp_path, replace(PLAIN, close=1.0))
    close = [source.sample(np.random.default_rng(s), photograph=True) for s in range(30)]
    assert any(not sample.cells.all() for sample in close)
    whole = sampler(tmp_path, replace(PLAIN, close=0.0))
    samples_ = [whole.sample(np.random.default_rng(s), photograph=True) for s in range(10)]
    assert all(sample.cells.all() for sample in samples_)


def test_a_photograph_knows_joints_only_and_a_render_everything(tmp_path: Path):
    source = sampler(tmp_path)
    batch = source.batch(10, np.random.default_rng(0))
    count = int(batch["photographs"])
    assert count == 4
    assert not batch["trust"][:count, 17:].any()
    assert batch["trust"][count:, 17:].all()
    assert batch["image"].shape == (10, 64, 64, 3)
    assert batch["image"].dtype == np.uint8
    known = batch["yaw"][count:]
    np.testing.assert_allclose((known[:, 0] ** 2).sum(axis=1), 1, rtol=1e-5)


def test_a_batch_depends_on_its_generator_alone(tmp_path: Path):
    source = sampler(tmp_path)
    first, again = (source.batch(6, np.random.default_rng([1, 5])) for _ in range(2))
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])


def test_labels_are_believed_by_their_source(tmp_path: Path):
    write_photographs(tmp_path / "studio", [0.0], set_name="ccp_hr")
    write_photographs(tmp_path / "sports", [0.0], set_name="lspe")
    studio, sports = (
        Photographs([tmp_path / name], "train").picture(0) for name in ("studio", "sports")
    )
    hips = [BODY_POINTS.index(f"{side}_hip") for side in ("left", "right")]
    assert (studio.trust[:17] == 1).all()
    assert (sports.trust[hips] == np.float32(0.3)).all()
    assert (np.delete(sports.trust[:17], hips) == 1).all()


def test_a_view_bounds_the_yaw(tmp_path: Path):
    write_photographs(tmp_path, [0.0, 90.0, 180.0, 270.0])
    pack = Photographs([tmp_path], "train")
    for row, yaw_deg in enumerate((0.0, 90.0, 180.0, 270.0)):
        (sin_least, cos_least), (sin_most, cos_most) = pack.picture(row).yaw
        sine, cosine = exact_yaw(yaw_deg)[0]
        assert sin_least - 1e-6 <= sine <= sin_most + 1e-6
        assert cos_least - 1e-6 <= cosine <= cos_most + 1e-6
        opposite = exact_yaw(yaw_deg + 180)[0]
        inside = sin_least <= opposite[0] <= sin_most and cos_least <= opposite[1] <= cos_most
        assert not inside, "it is told from the opposite view"
