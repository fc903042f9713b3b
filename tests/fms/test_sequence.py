"""Pose sequences: gaps, smoothing, excursions, files."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, filtfilt
from simulators.movements import film, squat_from_the_right

from edge.errors import MovementUnusable
from edge.fms.recording import read_sequence, write_sequence
from edge.fms.sequence import PoseSequence, excursion_px
from edge.fms.smooth import low_pass
from edge.skeletons import COCO_17


@settings(max_examples=25, deadline=None)
@given(rate_hz=st.floats(16, 120), count=st.integers(20, 90), seed=st.integers(0, 99))
def test_the_low_pass_is_the_textbook_filter(rate_hz, count, seed):
    tracks = np.random.default_rng(seed).normal(size=(count, 3)).cumsum(axis=0)
    cutoff = 6.0 / (np.sqrt(2.0) - 1.0) ** 0.25
    b, a = butter(2, cutoff / (rate_hz / 2.0))
    expected = filtfilt(b, a, tracks, axis=0, padlen=9)
    np.testing.assert_allclose(low_pass(tracks, rate_hz), expected, atol=1e-9)


def test_slow_film_is_left_as_it_is():
    tracks = np.random.default_rng(0).normal(size=(40, 2))
    assert low_pass(tracks, 10.0) is tracks


def moving(height_px, rate_hz=30.0, seconds=4.0):
    """Hips that rise and sink as a sine of 0.5 Hz."""
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    keypoints = np.full((len(times_s), 17, 3), (400.0, 300.0, 0.9))
    keypoints[:, 11:13, 1] = 500.0 + height_px * np.sin(np.pi * times_s)[:, None]
    keypoints[:, 13:15, 1], keypoints[:, 15:17, 1] = 700.0, 880.0
    return PoseSequence(COCO_17, "front", times_s, keypoints)


def test_seed_d4_a_sine_of_30_px_has_an_excursion_of_60_px():
    assert excursion_px(moving(30.0).track("mid_hip")) == pytest.approx(60.0, abs=1.0)


def test_short_gaps_are_bridged_and_long_ones_are_not_seen():
    sequence = moving(30.0)
    keypoints = sequence.keypoints.copy()
    keypoints[20:24, 11] = (np.nan, np.nan, 0.0)
    keypoints[:80, 15] = (np.nan, np.nan, 0.0)
    broken = PoseSequence(COCO_17, "front", sequence.times_s, keypoints)
    assert broken.seen("mid_hip")
    assert not broken.seen("left_ankle")
    np.testing.assert_allclose(broken.track("mid_hip"), sequence.track("mid_hip"), atol=1.5)


def test_a_recording_is_read_as_it_was_written(tmp_path):
    sequence = film("right", squat_from_the_right(), hidden=("nose", "left_wrist"))
    write_sequence(tmp_path / "squat.json", sequence)
    again = read_sequence(tmp_path / "squat.json")
    np.testing.assert_allclose(again.keypoints, sequence.keypoints, atol=0.006)
    assert (again.view, again.skeleton.name) == ("right", "BODY-25")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"skeleton":"COCO-17","view":"right","times_s":[0],"keypoints":[[[1,2,0.5]]]}',
        '{"skeleton":"DOG-9","view":"right","times_s":[0],"keypoints":[[[1,2,0.5]]]}',
        '{"skeleton":"COCO-17","view":"above","times_s":[],"keypoints":[]}',
    ],
)
def test_anything_but_a_recording_is_refused_with_a_remedy(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(MovementUnusable) as refusal:
        read_sequence(tmp_path / "x.json")
    assert refusal.value.remedy
