"""From scenes to what a training step reads: arrays of pictures, targets and weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from posture_tools.training.scene import LabelledPerson, Scene
from posture_tools.training.skeleton import LIMBS_18, PACK_TO_COCO_17, PACK_TO_COCO_18
from posture_tools.training.targets import (
    affinity_fields,
    confidence_maps,
    map_coordinates,
    weight_maps,
)

STRIDE = 4
Array = NDArray[np.float32]


@dataclass(frozen=True)
class TargetSettings:
    """Shapes of the targets, in map cells."""

    sigma: float = 2.0
    limb_half_width: float = 1.5


@dataclass(frozen=True, eq=False)
class Example:
    """One scene's answer. Maps are `(C, H / 4, W / 4)`.

    single: the subject's 17 maps and their weights (17,). heatmaps, pafs: everybody's, with
    weights per cell; a limb's weight holds for both of its PAF channels.
    """

    image: NDArray[np.uint8]
    single: Array
    single_weights: Array
    heatmaps: Array
    heatmap_weights: Array
    pafs: Array
    paf_weights: Array


def make_example(scene: Scene, settings: TargetSettings) -> Example:
    """Draw the targets of both networks for one scene."""
    map_hw = (scene.image.shape[0] // STRIDE, scene.image.shape[1] // STRIDE)
    single, single_weights = _subject_maps(scene, map_hw, settings.sigma)
    people = scene.people
    keypoints = np.full((len(people), 18, 2), np.nan, np.float32)
    trust, limb_trust = np.zeros((len(people), 18)), np.zeros((len(people), len(LIMBS_18)))
    boxes = np.zeros((len(people), 4))
    for index, person in enumerate(people):
        keypoints[index] = map_coordinates(person.keypoints[PACK_TO_COCO_18], STRIDE)
        trust[index] = person.trust[PACK_TO_COCO_18]
        limb_trust[index] = _limb_trust(person)
        boxes[index] = person.box
    return Example(
        image=scene.image,
        single=single,
        single_weights=single_weights,
        heatmaps=confidence_maps(keypoints, map_hw, settings.sigma),
        heatmap_weights=weight_maps(map_hw, STRIDE, boxes, trust, scene.ignored),
        pafs=affinity_fields(keypoints, LIMBS_18, map_hw, settings.limb_half_width),
        paf_weights=weight_maps(map_hw, STRIDE, boxes, limb_trust, scene.ignored),
    )


def _subject_maps(scene: Scene, map_hw: tuple[int, int], sigma: float) -> tuple[Array, Array]:
    if scene.subject is None:
        weights = np.full(17, float(scene.framed), np.float32)
        return np.zeros((17, *map_hw), np.float32), weights
    keypoints = map_coordinates(scene.subject.keypoints[PACK_TO_COCO_17], STRIDE)
    return (
        confidence_maps(keypoints[None], map_hw, sigma),
        scene.subject.trust[PACK_TO_COCO_17].astype(np.float32),
    )


def _limb_trust(person: LabelledPerson) -> Array:
    """Return the trust in each limb; a limb with one end out of sight has an unknown course."""
    ends_trust = person.trust[PACK_TO_COCO_18][LIMBS_18]
    gone = np.isnan(person.keypoints[PACK_TO_COCO_18][LIMBS_18, 0])
    half_gone = gone[:, 0] != gone[:, 1]
    trust: Array = np.where(half_gone, 0.0, ends_trust.min(axis=1)).astype(np.float32)
    return trust
