"""An uploaded file as pixels, whatever it does to the process that decodes it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import dataclass

import msgspec
import numpy as np
from posture_tools.uploads.decoder import Decoded

from edge.errors import NOT_JSON, ImageUnreadable, PartMissing
from edge.records import Uint8

MOST_FILE_BYTES = 40 << 20
_MOST_PX = 120_000_000
_MOST_HEAD_BYTES = 4096
_WALL_S = 60.0
_CANNOT_CONFINE = 3
_SAVE = "Open it in a picture program and save it as JPEG or PNG."
# A decoder needs to find Python and its libraries, and to know nothing else of this machine.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """image : uint8 (H, W, 3), BGR, upright. taken_at : as the camera wrote, or empty."""

    image: Uint8
    taken_at: str


def decode(data: bytes, name: str) -> Picture:
    """The pixels of a file. name : for messages.

    Raises
    ------
    ImageUnreadable : no photograph, damaged, too large, or hostile to its decoder.
    PartMissing : this machine cannot confine a process, so nothing is decoded.
    """
    if len(data) > MOST_FILE_BYTES:
        raise ImageUnreadable(
            f"{name} has more than {MOST_FILE_BYTES >> 20} MB.", "Make it smaller, and send that."
        )
    file = os.memfd_create("upload")
    try:
        with os.fdopen(os.dup(file), "wb") as stream:
            stream.write(data)
        os.lseek(file, 0, os.SEEK_SET)
        head, pixels = _decoded(file, name)
    finally:
        os.close(file)
    if head.problem:
        raise ImageUnreadable(head.problem.replace("{file}", name), head.remedy)
    image = np.frombuffer(pixels, np.uint8).reshape(head.height_px, head.width_px, 3)
    return Picture(image, head.taken_at)


def _decoded(file: int, name: str) -> tuple[Decoded, bytes]:
    """What the child says, believed only as far as it fits together."""
    child = subprocess.Popen(
        [sys.executable, "-m", "posture_tools.uploads.decoder"],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={key: os.environ[key] for key in _ENVIRONMENT if key in os.environ},
    )
    late = threading.Timer(_WALL_S, child.kill)
    late.start()
    try:
        assert child.stdout is not None  # noqa: S101 - it is a pipe
        line = child.stdout.readline(_MOST_HEAD_BYTES)
        try:
            head = msgspec.json.decode(line, type=Decoded)
        except NOT_JSON as error:
            child.kill()
            raise _died(child.wait(), name) from error
        wanted = 3 * head.width_px * head.height_px
        if not head.problem and not 0 < wanted <= 3 * _MOST_PX:
            raise _died(0, name)
        pixels = b"" if head.problem else child.stdout.read(wanted)
        if not head.problem and len(pixels) != wanted:
            raise _died(child.wait(), name)
        return head, pixels
    finally:
        late.cancel()
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def _died(status: int, name: str) -> ImageUnreadable | PartMissing:
    if status == _CANNOT_CONFINE:
        return PartMissing(
            "this machine cannot decode pictures safely: its kernel confines no process.",
            "Serve the pages on Linux with seccomp, on x86-64 or aarch64.",
        )
    return ImageUnreadable(f"{name} cannot be decoded: it is damaged or too large.", _SAVE)
