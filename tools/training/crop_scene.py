"""Scenes of the single-person kind: a crop around one subject, others perhaps beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from posture_tools.training.occlusion import occlude, random_patch
from posture_tools.training.pack import People, PersonCrop
from posture_tools.training.paste import moved_labels, paste
from posture_tools.training.scene import LabelledPerson, Scene, crop_affine, move_box, move_points
from posture_tools.training.skeleton import HALF_BODIES

CROP_MARGIN = 1.25  # the crop is the person's box times this, brought to the network's aspect


@dataclass(frozen=True)
class CropSettings:
    """How often, and how far, a crop differs from the person's own box."""

    scale: tuple[float, float] = (0.72, 1.35)
    shift: float = 0.08
    rotation_sd_deg: float = 18.0
    half_body: float = 0.3
    occluded: float = 0.3
    company: float = 0.2
    background_swap: float = 0.3
    empty: float = 0.015


@dataclass(frozen=True, eq=False)
class _Part:
    """The part of a crop that is shown: its picture, where it lies, and its box x0 y0 x1 y1."""

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None
    offset: NDArray[np.float32]
    box: NDArray[np.float32]
    shown: NDArray[np.float32] | None = None  # set where the rest of the crop was cut away


def crop_scene(
    crop: PersonCrop,
    people: People,
    size_hw: tuple[int, int],
    settings: CropSettings,
    rng: np.random.Generator,
) -> Scene:
    """Return an augmented scene of `size_hw` with `crop`'s person as its subject."""
    if rng.random() < settings.empty:
        return _empty_scene(people, size_hw, rng)
    part = _half_body(crop, rng) if rng.random() < settings.half_body else None
    part = part or _whole(crop)
    angle_deg = _upright_angle_deg(crop, rng)
    if rng.random() < 0.6:
        angle_deg += float(np.clip(rng.normal(0, settings.rotation_sd_deg), -45, 45))
    flip = bool(rng.random() < 0.5)
    box = _turned_box(crop, part, angle_deg)
    size = box[2:] - box[:2]
    scale = fit_scale(size, size_hw) * np.exp(rng.uniform(*np.log(settings.scale)))
    centre = (box[:2] + box[2:]) / 2 + rng.uniform(-1, 1, 2) * settings.shift * size.max()
    affine = crop_affine(centre, scale, angle_deg, size_hw, flip=flip)

    canvas = _canvas(people, size_hw, rng)
    beside = []
    if rng.random() < settings.company:
        beside = [_neighbour(people, affine, box, size_hw, rng)]
    # In front of a neighbour the subject needs its silhouette; without one it stays behind.
    in_front = part.mask is None or rng.random() < 0.35
    if beside and not in_front:
        paste(canvas, *beside[0][1:])
    swap = (bool(beside) and not in_front) or rng.random() < settings.background_swap
    silhouette = part.mask if swap else None
    paste(canvas, part.image, silhouette, _from_part(affine, part))
    if beside and in_front:
        paste(canvas, *beside[0][1:])
    if rng.random() < settings.occluded:
        occlude(canvas, people.backgrounds, rng)
    subject = moved_labels(crop, affine, size_hw, part.shown, flip=flip)
    others = [] if silhouette is not None else [move_box(b, affine) for b in crop.others]
    return Scene(canvas, [subject, *(b[0] for b in beside)], others, subject)


def fit_scale(box_size: NDArray[np.floating], size_hw: tuple[int, int]) -> float:
    """Return the scale at which a box (w, h) times the margin just fits the network's input."""
    return float(min(size_hw[1] / box_size[0], size_hw[0] / box_size[1]) / CROP_MARGIN)


def plain_crop(crop: PersonCrop, size_hw: tuple[int, int]) -> tuple[Scene, NDArray[np.float64]]:
    """Return the crop as the device makes it (no augmentation), and crop -> scene affine."""
    x, y, w, h = crop.box
    centre = np.array([x + w / 2, y + h / 2])
    affine = crop_affine(centre, fit_scale(np.array([w, h]), size_hw), 0.0, size_hw)
    canvas = np.zeros((*size_hw, 3), np.uint8)
    part = _whole(crop)
    paste(canvas, part.image, None, affine)
    subject = moved_labels(crop, affine, size_hw, flip=False)
    return Scene(canvas, [subject], [move_box(b, affine) for b in crop.others], subject), affine


def _empty_scene(people: People, size_hw: tuple[int, int], rng: np.random.Generator) -> Scene:
    return Scene(random_patch(people.backgrounds, size_hw, rng))


def _whole(crop: PersonCrop) -> _Part:
    x, y, w, h = crop.box
    return _Part(
        crop.image, crop.mask, np.zeros(2, np.float32), np.array([x, y, x + w, y + h], np.float32)
    )


def _half_body(crop: PersonCrop, rng: np.random.Generator) -> _Part | None:
    """Return a part of the body as its own box; in half of the cases the rest is cut away."""
    chosen = HALF_BODIES[rng.integers(len(HALF_BODIES))]
    points = crop.keypoints[chosen][crop.located[chosen]]
    if len(points) < 4:
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.maximum(0.14 * (high - low).max(), 4) * rng.uniform(0.6, 1.4, 4)
    height, width = crop.image.shape[:2]
    x0, y0 = np.maximum(low - margin[:2], 0).astype(int)
    x1, y1 = np.minimum(high + margin[2:] + 1, [width, height]).astype(int)
    if x1 - x0 < 24 or y1 - y0 < 24:
        return None
    box = np.array([x0, y0, x1, y1], np.float32)
    if rng.random() < 0.5:
        return _Part(crop.image, crop.mask, np.zeros(2, np.float32), box)
    inside = np.s_[y0:y1, x0:x1]
    mask = None if crop.mask is None else crop.mask[inside]
    return _Part(crop.image[inside], mask, np.array([x0, y0], np.float32), box, box)


def _upright_angle_deg(crop: PersonCrop, rng: np.random.Generator) -> float:
    """Return the turn that brings a lying or hanging person upright, mostly; 0 for the others.

    The product sees people who stand; an acrobat turned upright is one more of them.
    """
    shoulders, hips = crop.keypoints[[5, 6]], crop.keypoints[[11, 12]]
    if np.any(crop.trust[[5, 6, 11, 12]] == 0) or rng.random() > 0.75:
        return 0.0
    trunk = shoulders.mean(axis=0) - hips.mean(axis=0)
    lean_deg = float(np.degrees(np.arctan2(trunk[0], -trunk[1])))
    return -lean_deg if abs(lean_deg) > 40 else 0.0


def _turned_box(crop: PersonCrop, part: _Part, angle_deg: float) -> NDArray[np.float32]:
    """Return the box to be framed; of a strongly turned person, that of the turned keypoints."""
    known = crop.located
    if part.shown is not None or abs(angle_deg) < 30 or known.sum() < 6:
        return part.box
    turn = crop_affine(np.zeros(2), 1.0, angle_deg, (1, 1))
    x0, y0, x1, y1 = part.box
    points = crop.keypoints[known]
    seen = (points >= [x0 - 2, y0 - 2]).all(axis=1) & (points <= [x1 + 2, y1 + 2]).all(axis=1)
    if seen.sum() < 4:
        return part.box
    turned = move_points(points[seen], turn)
    low, high = turned.min(axis=0), turned.max(axis=0)
    low, high = low - 0.08 * (high - low).max(), high + 0.08 * (high - low).max()
    # The middle of the turned box, taken back, is where the crop has to look.
    centre = move_points((low + high) / 2, crop_affine(np.zeros(2), 1.0, -angle_deg, (1, 1)))
    return np.concatenate([centre - (high - low) / 2, centre + (high - low) / 2])


def _canvas(
    people: People, size_hw: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return what is seen where the photograph ends: mostly black or one colour, or a place."""
    chance = rng.random()
    if chance < 0.4:
        return random_patch(people.backgrounds, size_hw, rng)
    canvas = np.zeros((*size_hw, 3), np.uint8)
    if chance < 0.6:
        canvas[:] = rng.integers(0, 256, 3)
    return canvas


def _neighbour(
    people: People,
    affine: NDArray[np.float64],
    box: NDArray[np.float32],
    size_hw: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[LabelledPerson, NDArray[np.uint8], NDArray[np.bool_] | None, NDArray[np.float64]]:
    """Return a cut-out person beside the subject: labels, picture, mask and its affine."""
    cutout = people.cutouts[int(rng.integers(len(people.cutouts)))]
    subject_box = move_box(box, affine)
    size = subject_box[2:] - subject_box[:2]
    side = rng.choice([-1.0, 1.0])
    centre = (subject_box[:2] + subject_box[2:]) / 2 + size * np.array(
        [side * rng.uniform(0.4, 0.95), rng.uniform(-0.2, 0.2)]
    )
    part = _whole(cutout)
    scale = float(size.max() / (part.box[2:] - part.box[:2]).max() * rng.uniform(0.7, 1.25))
    flip = bool(rng.random() < 0.5)
    place = crop_affine(
        (part.box[:2] + part.box[2:]) / 2, scale, rng.normal(0, 6), (1, 1), flip=flip
    )
    place[:, 2] += centre
    person = moved_labels(cutout, place, size_hw, flip=flip)
    return person, cutout.image, cutout.mask, place


def _from_part(affine: NDArray[np.float64], part: _Part) -> NDArray[np.float64]:
    """Return the affine for the part's own picture, whose origin lies at `part.offset`."""
    shifted = affine.copy()
    shifted[:, 2] += affine[:, :2] @ part.offset
    return shifted
