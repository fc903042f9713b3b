"""`python -m posture_tools.mannequin OUT.png`: a contact sheet of people, views and clothes."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from posture_tools.mannequin import (
    PEOPLE,
    YAW_DEG,
    CameraPose,
    Outfit,
    Person,
    Room,
    everyday,
    random_light,
    render,
)

_SPINE = ("C4", "C7", "T6", "T8", "L4", "S5")


def sheet() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Four views of each of the people, dressed and with stickers; below: postures by chance."""
    camera = CameraPose(focal_px=760.0, width_px=288, height_px=512)
    rows = [
        [
            render(Person(who, outfit=outfit, yaw_deg=yaw), camera=camera).image
            for outfit in (Outfit(seed), Outfit(seed, _SPINE))
            for yaw in YAW_DEG.values()
        ]
        for seed, who in enumerate(PEOPLE)
    ]
    rng = np.random.default_rng(1)
    for seed in range(2):
        row = []
        for n in range(8):
            person = Person(
                PEOPLE[rng.integers(3)], everyday(rng), Outfit(10 + 8 * seed + n),
                float(rng.uniform(0, 360)),
            )  # fmt: skip
            room = Room(clutter=3, seed=8 * seed + n)
            drawn = render(person, camera=camera, background=room, light=random_light(rng))
            row.append(drawn.image)
        rows.append(row)
    return np.vstack([np.hstack(row) for row in rows])


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m posture_tools.mannequin OUT.png\n")
        return 2
    good, data = cv2.imencode(".png", sheet())
    if not good:
        sys.stderr.write("the picture could not be encoded as PNG\n")
        return 1
    Path(sys.argv[1]).write_bytes(data.tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
