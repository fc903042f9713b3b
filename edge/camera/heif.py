"""HEIC, which OpenCV does not decode, by `pi-heif`: an extra, for its decoder is under the LGPL."""

from __future__ import annotations

import numpy as np

from edge.camera.turn import over_white
from edge.errors import ImageUnreadable
from edge.records import Uint8


def read_heif(data: bytes, name: str) -> Uint8 | None:
    """A HEIC's main picture, uint8 (H, W, 3), BGR, upright, over white; None where it is damaged.

    Raises
    ------
    ImageUnreadable : this machine lacks `pi-heif`.
    """
    try:
        import pi_heif
    except ImportError as error:
        raise ImageUnreadable(
            f"{name} is a HEIC picture; the Python package pi-heif, which reads it, is missing.",
            "pip install 'posture-station[heic]'; or set the telephone to \"most compatible\", or "
            "save the picture as JPEG.",
        ) from error
    try:
        opened = pi_heif.open_heif(data, convert_hdr_to_8bit=True, bgr_mode=True)
        image = np.array(opened)  # a copy: its own memory goes with `opened`
    except (ValueError, EOFError, SyntaxError, RuntimeError, OSError):
        return None
    if image.dtype != np.uint8:
        return None
    if image.ndim == 2:
        return np.repeat(image[:, :, None], 3, axis=2)
    if image.shape[2] == 4:
        return over_white(image[:, :, :3], image[:, :, 3])
    return image if image.shape[2] == 3 else None
