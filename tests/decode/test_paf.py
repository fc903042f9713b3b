"""The PAF decoder as its users see it."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from simulators.field_maps import render, standing

from edge.decode.paf import Memory, PafDecoder, PafOptions, Topology
from edge.decode.paf_people import find_people
from edge.errors import ModelRefused
from edge.field_maps import FieldMaps, Letterbox
from edge.skeletons import AI_14, BODY_25, COCO_18, MPII_16, Skeleton

SIZE = (46, 54)
DECODER = PafDecoder(COCO_18, COCO_18.limbs)


def hidden(person, *names):
    person = person.copy()
    person[[COCO_18.index[name] for name in names]] = np.nan
    return person


def same(pose, person, atol=0.05):
    return np.allclose(pose.keypoints[:, :2], person, atol=atol, equal_nan=True)


@pytest.mark.parametrize("skeleton", [COCO_18, BODY_25, MPII_16, AI_14], ids=lambda s: s.name)
def test_any_topology_is_decoded(skeleton):
    person = standing(skeleton, 40, 27, 3)
    maps = render([person], skeleton.limbs, SIZE, noise=0.01)
    decoded = PafDecoder(skeleton, skeleton.limbs).decode(maps)
    assert not decoded.truncated
    assert len(decoded.poses) == 1
    assert same(decoded.poses[0], person, atol=0.1)


def test_the_order_of_the_fields_is_the_models_own():
    person = standing(COCO_18, 40, 27, 3)
    limbs = [(b, a) for a, b in reversed(COCO_18.limbs)]
    decoded = PafDecoder(COCO_18, limbs).decode(render([person], limbs, SIZE))
    assert same(decoded.poses[0], person)


def test_places_and_covariances_are_in_pixels_of_the_picture():
    person = standing(COCO_18, 40, 27, 3)
    plain = render([person], COCO_18.limbs, SIZE, noise=0.01)
    letterbox = Letterbox(0.5, 0.25, 12.0, 7.0, 432, 368)
    maps = FieldMaps(plain.heatmaps, plain.pafs, 8.0, letterbox)
    in_cells, in_picture = DECODER.decode(plain).poses[0], DECODER.decode(maps).poses[0]
    x, y = in_cells.keypoints[:, 0], in_cells.keypoints[:, 1]
    expected = [((x + 0.5) * 8 - 0.5 - 12) / 0.5, ((y + 0.5) * 8 - 0.5 - 7) / 0.25]
    assert pytest.approx(np.array(expected), abs=1e-3) == in_picture.keypoints[:, :2].T
    scale = np.array([8 / 0.5, 8 / 0.25])
    expected_covariance = in_cells.covariance_px2 * np.outer(scale, scale)
    assert in_picture.covariance_px2 == pytest.approx(expected_covariance, rel=1e-4)
    assert (np.linalg.eigvalsh(in_picture.covariance_px2) > 0).all()


def test_a_hidden_keypoint_is_nan_with_score_zero():
    person = hidden(standing(COCO_18, 40, 27, 3), "left_wrist")
    pose = DECODER.decode(render([person], COCO_18.limbs, SIZE)).poses[0]
    wrist = COCO_18.index["left_wrist"]
    assert np.isnan(pose.keypoints[wrist, :2]).all()
    assert pose.keypoints[wrist, 2] == 0
    assert np.isnan(pose.covariance_px2[wrist]).all()


def test_people_without_a_neck_are_found_whole():
    people = [hidden(standing(COCO_18, 38, x, 4), "neck") for x in (12, 40)]
    poses = DECODER.decode(render(people, COCO_18.limbs, SIZE, noise=0.01)).poses
    assert len(poses) == 2
    for pose, person in zip(sorted(poses, key=lambda p: p.keypoints[0, 0]), people, strict=True):
        assert same(pose, person, atol=0.1)


def test_without_gathering_legs_without_a_neck_are_lost():
    person = hidden(standing(COCO_18, 38, 27, 4), "neck")
    decoder = PafDecoder(COCO_18, COCO_18.limbs, PafOptions(body_tolerance=0))
    pose = decoder.decode(render([person], COCO_18.limbs, SIZE)).poses[0]
    assert np.isnan(pose.keypoints[COCO_18.index["left_knee"], 0])


def only(person, *names):
    return hidden(person, *(set(COCO_18.keypoints) - set(names)))


def test_b8_fewer_than_four_parts_are_nobody():
    person, limbs = standing(COCO_18, 40, 27, 3), COCO_18.limbs
    four = only(person, "neck", "left_hip", "left_knee", "left_ankle")
    three = only(person, "left_hip", "left_knee", "left_ankle")
    assert len(DECODER.decode(render([four], limbs, SIZE)).poses) == 1
    assert len(DECODER.decode(render([three], limbs, SIZE)).poses) == 0


def test_peaks_that_no_limb_joins_make_nobody():
    leg_and_others = ("left_hip", "left_knee", "left_ankle", "right_wrist", "nose", "right_ear")
    person = only(standing(COCO_18, 40, 27, 3), *leg_and_others)
    assert len(DECODER.decode(render([person], COCO_18.limbs, SIZE)).poses) == 0


@pytest.mark.parametrize(("strength", "people"), [(0.16, 0), (0.3, 1)])
def test_b8_a_mean_score_below_0_4_is_nobody(strength, people):
    # 18 peaks and 19 limbs of this strength: the mean is strength * 37 / 18
    maps = render([standing(COCO_18, 40, 27, 3)], COCO_18.limbs, SIZE)
    faint = FieldMaps(
        maps.heatmaps * np.float32(strength), maps.pafs * np.float32(strength), 1.0, maps.letterbox
    )
    decoded = DECODER.decode(faint)
    assert len(decoded.poses) == people


def test_the_most_complete_person_comes_first_with_scores_between_0_and_1():
    whole, part = standing(COCO_18, 38, 40, 4), standing(COCO_18, 38, 12, 4)
    part = hidden(part, "left_ankle", "right_ankle", "left_wrist")
    poses = DECODER.decode(render([part, whole], COCO_18.limbs, SIZE)).poses
    assert same(poses[0], whole)
    assert same(poses[1], part)
    assert 1 >= poses[0].score > poses[1].score > 0


def test_one_decoder_gives_independent_answers():
    first = DECODER.decode(render([standing(COCO_18, 38, 12, 4)], COCO_18.limbs, SIZE)).poses[0]
    kept = first.keypoints.copy()
    DECODER.decode(render([standing(COCO_18, 38, 40, 4)], COCO_18.limbs, SIZE))
    assert np.array_equal(first.keypoints, kept)


def _maps(heatmaps, pafs):
    return FieldMaps(
        heatmaps.astype(np.float32), pafs.astype(np.float32), 1.0, Letterbox(1, 1, 0, 0, 1, 1)
    )


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e38])
def test_a_constant_map_holds_nobody(value):
    decoded = DECODER.decode(_maps(np.full((18, *SIZE), value), np.full((38, *SIZE), value)))
    assert decoded.poses == []


def test_noise_alone_holds_nobody():
    generator = np.random.default_rng(0)
    decoded = DECODER.decode(
        _maps(generator.normal(0, 0.3, (18, *SIZE)), generator.normal(0, 0.3, (38, *SIZE)))
    )
    assert decoded.poses == []


def test_thousands_of_peaks_end_with_a_bounded_crowd_and_say_so():
    # Every other cell of every map is a peak, and fields point everywhere at once.
    heatmaps = np.zeros((18, 120, 160))
    heatmaps[:, ::2, ::2] = 0.9
    heatmaps[:, 40:80, 60:100] = 0  # some background, by which noise is told
    generator = np.random.default_rng(0)
    decoder = PafDecoder(COCO_18, COCO_18.limbs, PafOptions(peak_sigmas=0.0, max_people=10))
    decoded = decoder.decode(_maps(heatmaps, generator.choice([-1, 1], (38, 120, 160))))
    assert decoded.truncated
    assert len(decoded.poses) <= 10


def test_memory_is_bounded_and_does_not_depend_on_the_maps():
    decoder = PafDecoder(COCO_18, COCO_18.limbs)
    before = bytes_of(decoder)
    decoder.decode(render([standing(COCO_18, 100, 60, 5)], COCO_18.limbs, (120, 160)))
    assert bytes_of(decoder) == before < 1_000_000


def bytes_of(decoder):
    return sum(array.nbytes for array in (*decoder.topology, *decoder.memory))


def test_the_kernel_takes_topology_and_memory_in_their_order():
    names = inspect.signature(find_people.py_func).parameters
    assert tuple(names)[6:] == (*Topology._fields, *Memory._fields)


@pytest.mark.parametrize(
    ("heatmaps", "pafs"),
    [
        ((17, 46, 54), (38, 46, 54)),
        ((18, 46, 54), (36, 46, 54)),
        ((18, 46, 54), (38, 46, 53)),
        ((18, 46, 54), None),
        ((18, 1, 54), (38, 1, 54)),
    ],
)
def test_maps_of_another_model_are_refused(heatmaps, pafs):
    fields = None if pafs is None else np.zeros(pafs, np.float32)
    maps = FieldMaps(np.zeros(heatmaps, np.float32), fields, 8.0, Letterbox(1, 1, 0, 0, 1, 1))
    with pytest.raises(ModelRefused):
        DECODER.decode(maps)


def test_limbs_of_another_skeleton_are_refused():
    with pytest.raises(ModelRefused, match="joins no two"):
        PafDecoder(AI_14, COCO_18.limbs)


def test_a_skeleton_of_unknown_names_is_decoded_without_gathering():
    odd = Skeleton("odd", tuple("abcdef"), tuple((i, i + 1) for i in range(5)))
    person = np.array([(10.0 + 5 * i, 12.0 + 3 * (i % 2)) for i in range(6)])
    poses = PafDecoder(odd, odd.limbs).decode(render([person], odd.limbs, SIZE)).poses
    assert len(poses) == 1
    assert same(poses[0], person)


@pytest.mark.parametrize(
    "wrong",
    [
        {"peak_threshold": -0.1}, {"limb_good": 0}, {"limb_samples": 2}, {"max_peaks": 0},
        {"limb_criterion": "best"}, {"min_score": float("nan")}, {"max_people": 10**6},
    ],
    ids=str,
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong)).split("_")[1]):
        PafOptions(**wrong)


def test_the_mean_criterion_finds_the_same_person():
    person = standing(COCO_18, 40, 27, 3)
    decoder = PafDecoder(COCO_18, COCO_18.limbs, PafOptions(limb_criterion="mean"))
    assert same(decoder.decode(render([person], COCO_18.limbs, SIZE)).poses[0], person)
