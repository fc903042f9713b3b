"""`python -m posture_tools.uploads.decoder`: the confined process that decodes one photograph.

In: the file, as standard input. Out: a line of JSON, then the pixels, row by row, three bytes each.
Pixels are all that comes out: nothing of EXIF, and nothing that anybody must decode again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import msgspec
from posture_tools.uploads.confined import CannotConfine, confine

import edge.camera.heif  # noqa: F401 - what is imported late would have to be opened late
from edge.camera.photos import read_photo
from edge.errors import PostureError
from edge.sightings.photo_date import taken_at

FILE = Path("/proc/self/fd/0")
_CANNOT_CONFINE = 3


class Decoded(msgspec.Struct, frozen=True):
    """What was in the file. problem, remedy : why nothing was, in words with `{file}` for its
    name; empty where it was decoded."""

    width_px: int = 0
    height_px: int = 0
    taken_at: str = ""
    problem: str = ""
    remedy: str = ""


def main() -> None:
    cv2.setNumThreads(1)
    try:
        confine()
    except CannotConfine as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(_CANNOT_CONFINE) from error
    out = sys.stdout.buffer
    try:
        image = read_photo(FILE)
    except PostureError as error:
        said = error.problem.replace(str(FILE), "{file}")
        out.write(msgspec.json.encode(Decoded(problem=said, remedy=error.remedy)) + b"\n")
        return
    height_px, width_px = image.shape[:2]
    out.write(msgspec.json.encode(Decoded(width_px, height_px, taken_at(FILE))) + b"\n")
    out.write(image.tobytes())


if __name__ == "__main__":
    main()
