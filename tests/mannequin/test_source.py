"""The mannequin as a camera: a visit from beginning to end."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from posture_tools.bodies.measures import measured
from posture_tools.mannequin import MannequinCamera

from edge.errors import SourceInvalid

SMALL = "width=96&height=128&fps=2&seconds=1"
COARSE = "width=96&height=128&fps=1&seconds=1"


def film(uri: str) -> list[np.ndarray]:
    camera = MannequinCamera(uri)
    camera.open()
    frames = []
    while (frame := camera.read()) is not None:
        frames.append(frame.image)
    camera.close()
    return frames


def test_the_same_visit_is_the_same_film() -> None:
    first, second = (film(f"mannequin:?view=front&seed=4&{COARSE}") for _ in range(2))
    other = film(f"mannequin:?view=front&seed=5&{COARSE}")
    assert [f.tobytes() for f in first] == [f.tobytes() for f in second]
    assert [f.tobytes() for f in first] != [f.tobytes() for f in other]


def test_frames_are_counted_and_timed_by_the_visit() -> None:
    camera = MannequinCamera(f"mannequin:?view=back&{SMALL}")
    camera.open()
    frames = [camera.read() for _ in range(4)]
    assert [f.frame_id for f in frames if f] == [0, 1, 2, 3]
    assert [f.captured_ns for f in frames if f] == [0, 500_000_000, 1_000_000_000, 1_500_000_000]
    assert camera.dropped == 0


def test_a_visit_shows_the_four_views_in_turn() -> None:
    camera = MannequinCamera("mannequin:?width=96&height=128&seconds=4&sway=0")
    camera.open()
    yaws = {
        round(camera.rendered(t).people[0].person.yaw_deg)
        for t in (2 + 1.5 + 2 + i * 5.5 for i in range(4))
    }
    assert yaws == {0, 90, 180, 270}
    assert camera.duration_s == pytest.approx(2 * 3.5 + 4 * 4 + 3 * 1.5)
    start, end = camera.rendered(0.0), camera.rendered(camera.duration_s)
    assert start.people[0].person.x_m < -1
    assert end.people[0].person.x_m > 1


def test_a_visit_may_repeat_each_view_with_steps_between():
    camera = MannequinCamera(f"mannequin:?{SMALL}&view=right&repeats=3&seconds=2&sway=0")
    assert camera.duration_s == pytest.approx(2 * 3.5 + 3 * 2 + 2 * 1.5)
    camera.open()
    knees = []
    for time_s in (4.5, 6.2, 8.0):  # standing, stepping, standing again
        (truth,) = camera.rendered(time_s).people
        assert truth.person.yaw_deg == 270.0, "somebody who shows the right side"
        knees.append(measured(truth.points_m)["knee_sagittal_right"])
    assert knees[0] == pytest.approx(knees[2], abs=0.1)
    assert abs(knees[1] - knees[0]) > 2.0


def test_a_standing_person_sways_but_little() -> None:
    camera = MannequinCamera("mannequin:?view=front&width=96&height=128&seconds=10&shoulder_tilt=3")
    camera.open()
    truths = [camera.rendered(4.0 + 0.5 * i).people[0] for i in range(12)]
    nose = np.array([t.keypoints["nose"].x_px for t in truths])
    assert 0 < np.ptp(nose) < 0.02 * 128
    assert all(abs(a - b) < 1.5 for a, b in pairwise(nose))
    tilts = [measured(t.points_m)["shoulder_tilt"] for t in truths]
    assert tilts == pytest.approx([3.0] * 12, abs=0.3)
    assert np.ptp(tilts) > 0.01


@pytest.mark.parametrize(
    ("fault", "darker"), [("exposure=-3", True), ("blur=4", False), ("noise=30", False)]
)
def test_faults_show_in_the_picture(fault: str, darker: bool) -> None:
    good = film(f"mannequin:?view=front&noise=0&{SMALL}")[4].astype(float)
    bad = film(f"mannequin:?view=front&noise=0&{fault}&{SMALL}")[4].astype(float)
    assert not np.array_equal(good, bad)
    assert (bad.mean() < 0.3 * good.mean()) == darker


@pytest.mark.parametrize(
    ("key", "asked", "measure"),
    [
        ("shoulder_tilt", -5.0, "shoulder_tilt"), ("pelvis_tilt", 4.0, "hip_tilt"),
        ("head_lean", 5.0, "head_lean"), ("head_tilt", -4.0, "head_tilt_ear"),
        ("head_forward", 18.0, "head_forward_angle"), ("trunk_lean", 3.0, "trunk_lean"),
        ("valgus_left", 6.0, "knee_frontal_left"), ("valgus_right", -5.0, "knee_frontal_right"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", range(3))
def test_what_the_uri_asks_for_is_on_the_body(key, asked, measure, seed) -> None:
    camera = MannequinCamera(f"mannequin:?{key}={asked}&view=back&sway=0&seed={seed}&{SMALL}")
    camera.open()
    (truth,) = camera.rendered(4.0).people
    assert measured(truth.points_m)[measure] == pytest.approx(asked, abs=0.5)
    assert truth.person.yaw_deg == 180.0


def test_an_error_of_yaw_turns_the_person_to_their_own_left() -> None:
    camera = MannequinCamera(f"mannequin:?view=front&yaw=20&sway=0&{SMALL}")
    camera.open()
    points = camera.rendered(4.0).people[0].keypoints
    ears = (points["left_ear"].x_px + points["right_ear"].x_px) / 2
    assert points["nose"].x_px > ears + 1, "towards the right of the picture"


@pytest.mark.parametrize(("seed", "who"), [(0, "man"), (1, "woman"), (2, "child"), (7, "woman")])
def test_the_seed_says_who_comes(seed: int, who: str) -> None:
    camera = MannequinCamera(f"mannequin:?seed={seed}&{SMALL}")
    camera.open()
    assert camera.rendered(4.0).people[0].person.who == who


def test_a_bystander_comes_with_people_2() -> None:
    camera = MannequinCamera(f"mannequin:?people=2&{SMALL}")
    camera.open()
    assert len(camera.rendered(4.0).people) == 2


@pytest.mark.parametrize(
    "uri",
    [
        "mannequin:?view=above", "mannequin:?sholder_tilt=3", "mannequin:?fps=0",
        "mannequin:?seconds=abc", "mannequin:?people=9", "mannequin:?yaw=nan", "mannequin:?view",
        "mannequin:?shoulder_tilt=90", "mannequin:?distance=inf", "mannequin:?roll=nan",
    ],
)  # fmt: skip
def test_a_wrong_uri_says_which_keys_there_are(uri: str) -> None:
    with pytest.raises(SourceInvalid, match="shoulder_tilt"):
        MannequinCamera(uri)


def test_reading_before_opening_says_what_to_do() -> None:
    with pytest.raises(SourceInvalid, match="open"):
        MannequinCamera().read()
