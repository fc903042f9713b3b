"""Pictures of the people a model placed worst, to see what it cannot do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from posture_tools.evaluate.labelled import Detection, Float64, Person
from posture_tools.evaluate.photos import Photo
from posture_tools.evaluate.scores import Sight, person_oks

from edge.desk.picture_file import write_picture
from edge.records import Uint8
from edge.skeletons import COCO_17

SHOWN = 12
COLUMNS = 4
TILE_HEIGHT_PX, TILE_WIDTH_PX = 320, 240
MARGIN = 1.4  # of the person's box, so that wild keypoints are seen
LABEL_BGR = (80, 220, 80)
FOUND_BGR = (60, 60, 255)
TEXT_BGR = (255, 255, 255)


def worst_cases(photos: Sequence[Photo], sights: Sequence[Sight]) -> Uint8 | None:
    """A montage of the people with the lowest OKS, labels green, what was found red.

    Returns BGR, or None where nobody is labelled. `sights[i]` is of `photos[i]`.
    """
    cases: list[tuple[float, Photo, Person, Detection | None]] = []
    for photo, sight in zip(photos, sights, strict=True):
        for person, k in zip(sight.people, sight.given, strict=True):
            if person.wanted:
                found = sight.detections[k] if k >= 0 else None
                cases.append((person_oks(person, found), photo, person, found))
    cases.sort(key=lambda case: case[0])
    if not cases:
        return None
    tiles = [_tile(*case) for case in cases[:SHOWN]]
    rows = math.ceil(len(tiles) / COLUMNS)
    sheet = np.zeros((rows * TILE_HEIGHT_PX, COLUMNS * TILE_WIDTH_PX, 3), np.uint8)
    for i, tile in enumerate(tiles):
        y, x = i // COLUMNS * TILE_HEIGHT_PX, i % COLUMNS * TILE_WIDTH_PX
        sheet[y : y + TILE_HEIGHT_PX, x : x + TILE_WIDTH_PX] = tile
    return sheet


def write_worst_cases(path: Path, photos: Sequence[Photo], sights: Sequence[Sight]) -> None:
    """`worst_cases` as a PNG; no file where nobody is labelled."""
    sheet = worst_cases(photos, sights)
    if sheet is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_picture(path, sheet)


def _tile(oks: float, photo: Photo, person: Person, found: Detection | None) -> Uint8:
    x, y, width, height = person.box_px
    scale = min(TILE_WIDTH_PX / max(width, 1), TILE_HEIGHT_PX / max(height, 1)) / MARGIN
    centre = np.array([x + width / 2, y + height / 2])
    shift = np.array([TILE_WIDTH_PX, TILE_HEIGHT_PX]) / 2 - scale * centre
    to_tile = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    tile = cv2.warpAffine(
        photo.read().image,
        to_tile,
        (TILE_WIDTH_PX, TILE_HEIGHT_PX),
        flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    ).astype(np.uint8, copy=False)
    label = np.where(person.keypoints[:, 2:] > 0, person.keypoints[:, :2], np.nan)
    _draw(tile, scale * label + shift, LABEL_BGR)
    if found is not None:
        _draw(tile, scale * found.keypoints + shift, FOUND_BGR)
    caption = f"{oks:.2f} {photo.set_name}/{photo.path.stem}"
    cv2.putText(tile, caption, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, TEXT_BGR, 1, cv2.LINE_AA)
    return tile


def _draw(tile: Uint8, points: Float64, colour: tuple[int, int, int]) -> None:
    # Far outside, drawing overflows; a keypoint ten tiles away need not be exact.
    points = points.clip(-10 * TILE_HEIGHT_PX, 10 * TILE_HEIGHT_PX)
    known = ~np.isnan(points[:, 0])
    whole = np.nan_to_num(points).round().astype(int).tolist()
    for a, b in COCO_17.limbs:
        if known[a] and known[b]:
            cv2.line(tile, whole[a], whole[b], colour, 1, cv2.LINE_AA)
    for point in np.flatnonzero(known):
        cv2.circle(tile, whole[point], 2, colour, -1, cv2.LINE_AA)
