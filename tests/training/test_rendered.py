"""Rendered people as training crops, and faces that nobody can see."""

from __future__ import annotations

import numpy as np
import pytest
from training.synthetic import people

pytest.importorskip("torch")

from posture_tools.training.batches import MixSettings, SceneSource, load_batches
from posture_tools.training.crop_scene import CropSettings, crop_scene
from posture_tools.training.examples import TargetSettings, make_example
from posture_tools.training.pack import PersonCrop, is_back_view
from posture_tools.training.rendered import rendered_person, rendered_room
from posture_tools.training.skeleton import FACE_IN_FRONT, PACK_FLIP

BACKGROUNDS = people().backgrounds


def rendered(count: int) -> list[PersonCrop]:
    rng = np.random.default_rng(4)
    return [rendered_person(BACKGROUNDS, rng) for _ in range(count)]


def test_a_back_of_a_head_teaches_that_there_is_no_nose():
    backs = [c for c in rendered(24) if np.isnan(c.keypoints[FACE_IN_FRONT]).all()]
    assert backs, "no back view among the renders"
    settings = CropSettings(half_body=0.0, company=0.0, empty=0.0)
    scene = crop_scene(backs[0], people(), (64, 48), settings, np.random.default_rng(0))
    example = make_example(scene, TargetSettings())
    assert not example.single[FACE_IN_FRONT].any()
    assert example.single_weights[FACE_IN_FRONT].all()
    assert example.single[5:7].any(), "the shoulders are there"


def test_renders_are_backs_exactly_where_left_and_right_are_swapped():
    for crop in rendered(24):
        if is_back_view(crop.keypoints, crop.trust):
            face = crop.keypoints[FACE_IN_FRONT]
            assert np.isnan(face).any() or np.all(crop.trust[FACE_IN_FRONT] == 1)
        assert np.isfinite(crop.keypoints[5:]).all(), "limbs keep their places when hidden"


def test_a_back_view_stays_one_when_it_lies_down_and_is_none_in_a_mirror():
    keypoints = np.zeros((19, 2), np.float32)
    keypoints[[5, 6, 11, 12]] = [[10, 0], [30, 0], [12, 40], [28, 40]]
    trust = np.ones(19, np.float32)
    assert is_back_view(keypoints, trust)
    lying = np.stack([keypoints[:, 1], -keypoints[:, 0]], axis=1)
    assert is_back_view(lying, trust)
    assert not is_back_view(keypoints[PACK_FLIP], trust)
    trust[11] = 0
    assert not is_back_view(keypoints, trust), "a hip nobody knows proves nothing"


def test_an_empty_room_has_no_person():
    room = rendered_room((64, 48), np.random.default_rng(0))
    assert room.shape == (64, 48, 3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_stream_drawn_ahead_is_the_same_stream():
    mix = MixSettings(size_hw=(32, 32), frames=0.5, rendered=0.2)
    streams = [
        load_batches(SceneSource(people(), mix, np.random.default_rng(3)), 2, workers)
        for workers in (0, 1)
    ]
    for _ in range(2):
        (here, state), (ahead, state_ahead) = (next(stream) for stream in streams)
        assert all((here[name] == ahead[name]).all() for name in here)
        assert state == state_ahead, "a resumed run draws the batch behind this one"
