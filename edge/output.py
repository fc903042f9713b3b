"""What a command writes for a person: whole under its name, or not there, and said in words.

A place that is full, gone or not ours is told as an `OutputFailed` wherever it shows itself: at
opening, at writing, or only at closing. `-` is standard output.
"""

from __future__ import annotations

import io
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from edge.errors import OutputFailed
from edge.files import replacing

STDOUT = Path("-")
# In every file that is written here, so that the next run knows it for its own.
MARK = "posture-station"


def incomplete(path: Path) -> Path:
    """Path under which a file is kept that Ctrl-C left incomplete."""
    return path.with_name(f"{path.stem}.incomplete{path.suffix}")


@contextmanager
def output(path: Path) -> Iterator[BinaryIO]:
    """A stream whose bytes are the file's once the context has ended well.

    After Ctrl-C what was written so far is closed and stands under `incomplete(path)`; after any
    other fault nothing is left. Pipes and devices are written straight through.

    Raises
    ------
    OutputFailed : it cannot be written, flushed or closed.
    """
    if path == STDOUT:
        with _whole_stdout() as out:
            yield out
        return
    try:
        target = Path(os.path.realpath(path))  # a link is followed, and so is where its file lies
        beside = target.with_name(f".{secrets.token_hex(6)}.part")
        with replacing(target, beside=beside, stopped=incomplete(target)) as file:
            yield file
    except OSError as error:
        raise failed(path, error) from error


@contextmanager
def _whole_stdout() -> Iterator[BinaryIO]:
    """Standard output that writes all it is given. PYTHONUNBUFFERED leaves a stream that does not:
    a signal ends its write in the middle, and nobody writes the rest."""
    sys.stdout.flush()
    out = sys.stdout.buffer
    if isinstance(out, io.RawIOBase):
        whole = io.BufferedWriter(out)
        try:
            yield whole
            whole.flush()
        finally:
            whole.detach()
    else:
        yield out
        out.flush()


@contextmanager
def text_output(path: Path) -> Iterator[TextIO]:
    """As `output` for text in UTF-8, whose line ends are kept. Raises as `output`."""
    with output(path) as file:
        text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
        try:
            yield text
            text.flush()
        finally:
            text.detach()


def write_output(path: Path, data: bytes) -> None:
    """Write a whole file at once. Raises as `output`."""
    with output(path) as file:
        file.write(data)


def failed(path: Path, error: OSError, kind: type[OutputFailed] = OutputFailed) -> OutputFailed:
    """The error for a place that could not be written."""
    why = os.strerror(error.errno) if error.errno else str(error)
    return kind(f"{path} cannot be written: {why}.", "Name another place, or make room.")
