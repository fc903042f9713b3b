"""What the answers of published networks mean: channels, conventions, how a person is framed.

Name, version and licence are the checkpoint's; here they are placeholders.
"""

from __future__ import annotations

from typing import Literal

from edge.errors import ModelRefused
from edge.inference.description import (
    BACKGROUND,
    InputSpec,
    LimbChannels,
    ModelDescription,
    Provenance,
)
from edge.skeletons import COCO_17, COCO_18, MPII_16

Triple = tuple[float, float, float]

IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)

# Both OpenPose networks: the keypoints of COCO-18 and the background; x and y of each limb.
OPENPOSE_HEATMAPS = len(COCO_18.keypoints) + 1
OPENPOSE_PAFS = 2 * len(COCO_18.limbs)
OPENPOSE_STRIDE_PX = 8
# First PAF channel of the limbs of COCO-18, in their order (OpenPose, `poseParameters.cpp`,
# POSE_COCO_MAP_IDX less its 19 heatmaps).
_PAF_CHANNELS = (12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26)

# A data set numbers its keypoints, and so do the channels of the networks trained on it.
_AI_CHALLENGER = (
    "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "head_top",
    "neck",
)  # fmt: skip
_DATA_SETS = {
    14: ("AI-14", _AI_CHALLENGER),
    16: (MPII_16.name, MPII_16.keypoints),
    17: (COCO_17.name, COCO_17.keypoints),
}


def of_people(source: str, size_hw: tuple[int, int], pad: int) -> ModelDescription:
    """Heatmaps and PAFs of the OpenPose family; `size_hw` is the area of its pictures."""
    return ModelDescription(
        name="unnamed",
        version="1",
        licence="",
        provenance=Provenance(source),
        task="paf",
        input=InputSpec(
            "image",
            *size_hw,
            multiple=OPENPOSE_STRIDE_PX,
            colour="BGR",
            mean=(128.0, 128.0, 128.0),
            std=(256.0, 256.0, 256.0),
            pad=pad,
        ),
        outputs={"heatmaps": "heatmaps", "pafs": "pafs"},
        skeleton=COCO_18.name,
        keypoints=(*COCO_18.keypoints, BACKGROUND),
        limbs=tuple(
            LimbChannels(COCO_18.keypoints[a], COCO_18.keypoints[b], x, x + 1)
            for (a, b), x in zip(COCO_18.limbs, _PAF_CHANNELS, strict=True)
        ),
        stride=OPENPOSE_STRIDE_PX,
    )


def of_one_person(
    source: str,
    joints: int,
    size_hw: tuple[int, int],
    outputs: tuple[str, ...],
    *,
    mean: Triple = IMAGENET_MEAN,
    std: Triple = IMAGENET_STD,
    colour: Literal["RGB", "BGR"] = "RGB",
    map_convention: Literal["half-pixel", "corner"] = "half-pixel",
) -> ModelDescription:
    """Heatmaps at stride 4, or coordinates, of the person in a box grown by a quarter.

    Raises
    ------
    ModelRefused : no data set of published checkpoints has so many joints.
    """
    if joints not in _DATA_SETS:
        raise ModelRefused(
            f"the checkpoint has {joints} keypoints; published ones have 14 (AI Challenger), "
            "16 (MPII) or 17 (COCO).",
            "Export it with code of its own, then describe the file: posture-models describe.",
        )
    skeleton, keypoints = _DATA_SETS[joints]
    maps = "heatmaps" in outputs
    return ModelDescription(
        name="unnamed",
        version="1",
        licence="",
        provenance=Provenance(source),
        task="heatmap" if maps else "regression",
        input=InputSpec(
            "image",
            *size_hw,
            colour=colour,
            mean=mean,
            std=std,
            letterbox="crop",
            box_margin=1.25,
        ),
        outputs={role: role for role in outputs},
        skeleton=skeleton,
        keypoints=keypoints,
        stride=4.0 if maps else 1.0,
        map_convention=map_convention,
    )
