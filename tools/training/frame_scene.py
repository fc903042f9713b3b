"""Scenes of the whole-frame kind: a place with none, one or several people at various sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from posture_tools.training.occlusion import occlude, random_patch
from posture_tools.training.pack import People, PersonCrop
from posture_tools.training.paste import moved_labels, paste
from posture_tools.training.rendered import rendered_room
from posture_tools.training.scene import Scene, crop_affine, move_box


@dataclass(frozen=True)
class FrameSettings:
    """How people stand in a frame. `height` is a person's box height over the frame's."""

    height: tuple[float, float] = (0.4, 0.98)
    people: tuple[float, ...] = (0.15, 0.42, 0.31, 0.12)  # chances of 0, 1, 2, 3 people
    room: float = 0.3  # share of the frames with nobody that show a rendered room
    rotation_sd_deg: float = 8.0
    occluded: float = 0.2


def frame_scene(
    people: People,
    sample_crop: Callable[[np.random.Generator], PersonCrop],
    size_hw: tuple[int, int],
    settings: FrameSettings,
    rng: np.random.Generator,
) -> Scene:
    """Return a composite of people side by side, each with all that hides the one behind.

    The first person may bring its whole photograph, which becomes a part of the place; every
    further one is a cut-out, so that nobody's picture covers a neighbour with a rectangle.
    """
    count = int(rng.choice(len(settings.people), p=settings.people))
    if count == 0 and rng.random() < settings.room:
        return Scene(rendered_room(size_hw, rng), framed=False)
    canvas = random_patch(people.backgrounds, size_hw, rng)
    scene = Scene(canvas, framed=False)
    if count == 0:
        return scene
    common_height = np.exp(rng.uniform(*np.log(settings.height)))
    slots = _slots(count, common_height, size_hw, rng)
    order = rng.permutation(count)
    for position, slot in enumerate(order):
        alone = position == 0
        crop = sample_crop(rng) if alone else people.cutouts[int(rng.integers(len(people.cutouts)))]
        silhouette = crop.mask if not alone or rng.random() < 0.5 else None
        height = common_height * rng.uniform(0.85, 1.15) * size_hw[0]
        angle_deg = float(np.clip(rng.normal(0, settings.rotation_sd_deg), -30, 30))
        x, y, w, h = crop.box
        flip = bool(rng.random() < 0.5)
        scale = height / max(h, 0.9 * w)
        centre = np.array([x + w / 2, y + h / 2])
        affine = crop_affine(centre, scale, angle_deg, (1, 1), flip=flip)
        affine[:, 2] += slots[slot]
        _add(scene, crop, silhouette, affine, flip=flip)
    if rng.random() < settings.occluded:
        occlude(canvas, people.backgrounds, rng)
    return scene


def _slots(
    count: int, height_share: float, size_hw: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the people's middles (px): evenly spread with some disorder, feet near one line."""
    height, width = size_hw
    person_width = 0.42 * height_share * height
    spread = min(width * 0.9, count * person_width * rng.uniform(0.7, 2.2))
    x = width / 2 + spread * ((np.arange(count) + 0.5) / count - 0.5)
    room = max(width - spread, 0) / 2
    x += rng.uniform(-1, 1) * room + rng.normal(0, 0.08 * person_width, count)
    free = max(1 - height_share, 0.0) / 2
    y = height * (0.5 + rng.uniform(-1, 1) * free + rng.normal(0, 0.02, count))
    return np.stack([x, y], axis=1)


def _add(
    scene: Scene,
    crop: PersonCrop,
    silhouette: NDArray[np.bool_] | None,
    affine: NDArray[np.float64],
    *,
    flip: bool,
) -> None:
    """Draw one person into the scene and note its labels; `flip` says that `affine` mirrors."""
    paste(scene.image, crop.image, silhouette, affine)
    if silhouette is None:
        scene.ignored.extend(move_box(box, affine) for box in crop.others)
    size_hw = (scene.image.shape[0], scene.image.shape[1])
    scene.people.append(moved_labels(crop, affine, size_hw, flip=flip))
