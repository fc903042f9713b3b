"""Pictures of rendered people for who has no person at hand.

    python -m posture_tools.mannequin sheet.png                            # people, views, clothes
    python -m posture_tools.mannequin visit.avi 'mannequin:?view=front'    # a visit, as a film

A station has nothing of this package: a film shows it somebody all the same.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from posture_tools.mannequin import (
    PEOPLE,
    YAW_DEG,
    CameraPose,
    MannequinCamera,
    Outfit,
    Person,
    Room,
    everyday,
    random_light,
    render,
)
from posture_tools.mannequin.source import act_of

from edge.errors import SourceInvalid

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


def write_film(path: Path, source: str) -> int:
    """Write a visit as a video that any camera of the station reads; returns its frames.

    Raises
    ------
    SourceInvalid : the source makes no sense, or the film cannot be written there.
    """
    camera = MannequinCamera(source)
    camera.open()
    count, writer = 0, None
    while (frame := camera.read()) is not None:
        if writer is None:
            size_px = (frame.width_px, frame.height_px)
            fourcc = cv2.VideoWriter.fourcc(*"MJPG")
            writer = cv2.VideoWriter(str(path), fourcc, act_of(source).fps, size_px)
            if not writer.isOpened():
                raise SourceInvalid(
                    f"{path} cannot be written.", "Name an .avi in a folder of yours."
                )
        writer.write(frame.image)
        count += 1
    if writer is not None:
        writer.release()
    return count


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m posture_tools.mannequin", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("out", type=Path, help="a .png for a contact sheet, an .avi for a film")
    parser.add_argument(
        "source", nargs="?", help="whose visit is filmed, as `run --source` takes it"
    )
    asked = parser.parse_args()
    try:
        if asked.source is not None:
            print(f"{write_film(asked.out, asked.source)} frames in {asked.out}")
            return 0
        good, data = cv2.imencode(".png", sheet())
        if not good:
            raise SourceInvalid("the picture could not be encoded as PNG.", "")
        asked.out.write_bytes(data.tobytes())
    except (SourceInvalid, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
