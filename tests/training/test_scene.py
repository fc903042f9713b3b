"""Geometry of the augmentation: labels move with the pixels, left and right change places."""

from __future__ import annotations

import numpy as np
from posture_tools.training.crop_scene import CropSettings, crop_scene, plain_crop
from posture_tools.training.examples import TargetSettings, make_example
from posture_tools.training.frame_scene import FrameSettings, frame_scene
from posture_tools.training.scene import crop_affine, move_points
from posture_tools.training.skeleton import (
    PACK_FLIP,
    PACK_KEYPOINTS,
    PACK_TO_COCO_18,
)
from training.synthetic import people, person

from edge.skeletons import COCO_18

SIZE = (64, 48)


def test_the_flip_is_an_involution_that_keeps_the_middle():
    assert (PACK_FLIP[PACK_FLIP] == np.arange(19)).all()
    for index, name in enumerate(PACK_KEYPOINTS):
        other = PACK_KEYPOINTS[PACK_FLIP[index]]
        swapped = name.replace("left", "_").replace("right", "left").replace("_", "right", 1)
        assert other == (swapped if name.startswith("left") else other)
        assert ("left" in name) == ("right" in other)


def test_the_pack_order_reaches_every_openpose_keypoint():
    assert [PACK_KEYPOINTS[i] for i in PACK_TO_COCO_18] == list(COCO_18.keypoints)


def test_mirroring_twice_gives_the_point_back():
    affine = crop_affine(np.array([10.0, 20.0]), 1.7, 25.0, SIZE)
    mirrored = crop_affine(np.array([10.0, 20.0]), 1.7, 25.0, SIZE, flip=True)
    points = np.random.default_rng(0).uniform(0, 50, (9, 2))
    once = move_points(points, mirrored)
    once[:, 0] = SIZE[1] - 1 - once[:, 0]
    np.testing.assert_allclose(once, move_points(points, affine), atol=1e-4)


def test_a_quarter_turn_is_clockwise_on_screen():
    affine = crop_affine(np.zeros(2), 1.0, 90.0, (1, 1))
    np.testing.assert_allclose(move_points(np.array([0.0, -1.0]), affine), [1.0, 0.0], atol=1e-6)


def test_labels_of_a_plain_crop_lie_on_their_pixels():
    scene, _ = plain_crop(person(), SIZE)
    for x, y in scene.people[0].keypoints:
        assert scene.image[round(float(y)), round(float(x))].min() > 150


def test_a_keypoint_that_left_the_scene_is_known_to_be_gone():
    settings = CropSettings(scale=(3.0, 3.0), half_body=0.0, company=0.0, empty=0.0)
    scene = crop_scene(person(), people(), SIZE, settings, np.random.default_rng(1))
    assert scene.subject is not None
    gone = np.isnan(scene.subject.keypoints[:17, 0])
    assert gone.any()
    example = make_example(scene, TargetSettings())
    assert not example.single[gone].any()
    assert example.single_weights[gone].all()


def test_an_unknown_keypoint_has_no_weight():
    crop = person()
    crop.trust[9] = 0
    scene, _ = plain_crop(crop, SIZE)
    example = make_example(scene, TargetSettings())
    assert example.single_weights[9] == 0
    assert example.single_weights[8] == 1


def test_frames_with_nobody_and_with_several_people():
    source, rng = people(), np.random.default_rng(0)
    for chances, count in (((1.0, 0.0, 0.0), 0), ((0.0, 0.0, 1.0), 2)):
        settings = FrameSettings(people=chances)
        scene = frame_scene(source, lambda _: person(), (96, 96), settings, rng)
        assert len(scene.people) == count
        example = make_example(scene, TargetSettings())
        assert example.heatmaps.any() == bool(count)
        assert not example.single_weights.any(), "a frame has no subject"


def test_scenes_repeat_with_their_generator():
    images = [
        crop_scene(person(), people(), SIZE, CropSettings(), np.random.default_rng(5)).image
        for _ in range(2)
    ]
    assert (images[0] == images[1]).all()
