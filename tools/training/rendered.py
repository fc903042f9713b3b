"""Rendered people as training crops: exact labels, and every view as often as we please."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from posture_tools.mannequin import Truth, random_scene
from posture_tools.training.pack import PersonCrop
from posture_tools.training.skeleton import FACE_IN_FRONT, PACK_KEYPOINTS

RENDERED = "rendered"

_SIZE_HW = (256, 208)
_HIDDEN_TRUST = 0.7  # as the pack trusts a hidden label
_BOX_SLACK = 0.03  # the truth's box ends at the keypoints, a person's at hair and fingers
# Beyond this cosine of head against camera a hidden nose is behind the head, not beside it.
_FACES_AWAY = -0.15

Image = NDArray[np.uint8]


def rendered_person(backgrounds: Sequence[Image], rng: np.random.Generator) -> PersonCrop:
    """Render a mannequin in any view, before a room or one of the photographs (RGB)."""
    height, width = _SIZE_HW
    behind = None
    if rng.random() < 0.5:
        behind = backgrounds[int(rng.integers(len(backgrounds)))][:, :, ::-1]
    scene = random_scene(rng, width_px=width, height_px=height, background=behind)
    drawn = scene.render()
    subject, *bystanders = drawn.people
    keypoints, trust = _labels(subject)
    others = [_box(truth, 0.05) for truth in bystanders]
    x0, y0, x1, y1 = _box(subject, _BOX_SLACK)
    return PersonCrop(
        image=np.ascontiguousarray(drawn.image[:, :, ::-1]),
        # The coverage does not tell people apart.
        mask=None if bystanders else drawn.coverage > 0.5,
        keypoints=keypoints,
        trust=trust,
        box=np.array([x0, y0, x1 - x0, y1 - y0], np.float32),
        others=np.array(others, np.float32).reshape(-1, 4),
        set_name=RENDERED,
    )


def rendered_room(size_hw: tuple[int, int], rng: np.random.Generator) -> Image:
    """Render a room where nobody is, RGB."""
    scene = random_scene(rng, width_px=size_hw[1], height_px=size_hw[0])
    image = replace(scene, people=()).render().image
    return np.ascontiguousarray(image[:, :, ::-1])


def _labels(truth: Truth) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return keypoints and trust in the pack's order; a face that looks away is known to be gone.

    What the body hides otherwise, the far arm in a side view say, keeps its place.
    """
    rows = truth.array(PACK_KEYPOINTS)
    keypoints, seen = rows[:, :2].copy(), rows[:, 2] == 2
    trust = np.where(seen, 1.0, _HIDDEN_TRUST).astype(np.float32)
    turn_deg = truth.person.yaw_deg + truth.person.posture.head_turn_deg
    if np.cos(np.radians(turn_deg)) < _FACES_AWAY:
        gone = FACE_IN_FRONT[~seen[FACE_IN_FRONT]]
        keypoints[gone], trust[gone] = np.nan, 1.0
    return keypoints, trust


def _box(truth: Truth, slack: float) -> NDArray[np.float32]:
    x, y, w, h = truth.box_px
    more = slack * max(w, h)
    return np.array([x - more, y - more, x + w + more, y + h + more], np.float32)
