"""`python -m posture_tools.mannequin OUT.png`: a contact sheet of views, looks and postures."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from posture_tools.mannequin import CameraPose, Look, Person, Posture, random_scene, render


def sheet() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Above: four views, dressed and with a bare back. Below: scenes by chance, 360 px high."""
    camera = CameraPose(focal_px=500.0, width_px=270, height_px=360)
    marked = Look(top="bare", markers=(0.2, 0.3, 0.9))
    tilted = Posture(shoulder_tilt_deg=5.0, head_lean_deg=4.0, pelvis_tilt_deg=-3.0)
    rows = [
        [render(Person(tilted, look=look, yaw_deg=yaw), camera=camera).image
         for look in (Look(), marked) for yaw in (0.0, 90.0, 180.0, 270.0)]
    ]  # fmt: skip
    rng = np.random.default_rng(1)
    rows += [
        [random_scene(rng, width_px=270, height_px=360).render().image for _ in range(8)]
        for _ in range(2)
    ]
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
