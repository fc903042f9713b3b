"""Boxes of ISO base media files (ISO/IEC 14496-12): what MP4, MOV, AVIF and HEIC say of themselves.

OpenCV reads their pictures, and leaves out some facts: a video's display matrix where it mirrors,
its edit list, and an AVIF's turning and mirroring (ISO/IEC 23008-12, 6.5.10 and 6.5.12).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from edge.camera.turn import QUARTERS, UPRIGHT, Turn, then

_MOST_BOXES = 4096  # in one box: a file that has more of them is damaged or means harm
_MOST_BYTES = 1 << 20  # of a box that is read whole
_SLANT = 1e-3  # of a matrix: less than this is none


@dataclass(frozen=True, slots=True)
class Box:
    """kind : four letters. begin, end : of its content in the file, bytes."""

    kind: bytes
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class MovieFacts:
    """turn : of stored pictures to upright. shown_s : as long as its edit list shows it, None
    where it has no edit list."""

    turn: Turn
    shown_s: float | None


@dataclass(frozen=True, slots=True)
class AvifFacts:
    """size_px : width, height as stored. turn : to upright."""

    size_px: tuple[int, int]
    turn: Turn


def boxes(file: BinaryIO, begin: int, end: int) -> Iterator[Box]:
    """The boxes between two bytes of a file, until one is cut off or senseless."""
    for _ in range(_MOST_BOXES):
        file.seek(begin)
        head = file.read(16)
        if len(head) < 8 or begin >= end:
            return
        size, kind, inside = int.from_bytes(head[:4], "big"), head[4:8], begin + 8
        if size == 1:
            size, inside = int.from_bytes(head[8:16], "big"), begin + 16
        elif size == 0:
            size = end - begin
        if size < inside - begin or begin + size > end:
            return
        yield Box(kind, inside, begin + size)
        begin += size


def movie_facts(file: BinaryIO, size_bytes: int) -> MovieFacts | None:
    """What an MP4 or MOV says of its first picture track; None where it is none, or has none.

    Raises
    ------
    ValueError : its pictures are turned by less than a quarter.
    """
    for movie in _named(file, 0, size_bytes, b"moov"):
        ticks = _movie_ticks(file, movie)
        for track in _named(file, movie.begin, movie.end, b"trak"):
            if not _is_picture_track(file, track):
                continue
            headers = _named(file, track.begin, track.end, b"tkhd")
            turn = next((_matrix(_content(file, header)) for header in headers), UPRIGHT)
            return MovieFacts(turn, _shown_s(file, track, ticks))
    return None


def _movie_ticks(file: BinaryIO, movie: Box) -> int:
    """Ticks a second, in which edits are told."""
    for header in _named(file, movie.begin, movie.end, b"mvhd"):
        content = _content(file, header)
        at = 20 if content[:1] == b"\x01" else 12
        return int.from_bytes(content[at : at + 4], "big")
    return 0


def _shown_s(file: BinaryIO, track: Box, ticks: int) -> float | None:
    """How much of a track an edit list shows: telephones trim a film so, and keep all of it."""
    for edits in _named(file, track.begin, track.end, b"edts"):
        for found in _named(file, edits.begin, edits.end, b"elst"):
            content = _content(file, found)
            wide = content[:1] == b"\x01"
            size, time = (20, 8) if wide else (12, 4)
            rows = [content[i : i + size] for i in range(8, len(content) - size + 1, size)]
            shown = [
                int.from_bytes(row[:time], "big")
                for row in rows
                if int.from_bytes(row[time : 2 * time], "big", signed=True) >= 0
            ]
            return sum(shown) / ticks if ticks else None
    return None


def _is_picture_track(file: BinaryIO, track: Box) -> bool:
    return any(
        _content(file, handler)[8:12] == b"vide"
        for media in _named(file, track.begin, track.end, b"mdia")
        for handler in _named(file, media.begin, media.end, b"hdlr")
    )


def _matrix(header: bytes) -> Turn:
    at = 52 if header[:1] == b"\x01" else 40  # version 1 has 64-bit times
    if len(header) < at + 36:
        return UPRIGHT
    a, b, _u, c, d, *_rest = (
        int.from_bytes(header[i : i + 4], "big", signed=True) for i in range(at, at + 36, 4)
    )
    if (a, b, c, d) == (0, 0, 0, 0):
        return UPRIGHT
    # The standard multiplies a row (x, y, 1) by the matrix: x shown = a x + c y. Scales are pixels
    # that are not square, which OpenCV tells.
    straight, crossed = min(abs(a), abs(d)), min(abs(b), abs(c))
    if max(abs(b), abs(c)) <= _SLANT * straight:
        return _sign(a), 0, 0, _sign(d)
    if max(abs(a), abs(d)) <= _SLANT * crossed:
        return 0, _sign(c), _sign(b), 0
    raise ValueError("its pictures are turned by less than a quarter")


def _sign(number: int) -> int:
    return 1 if number > 0 else -1


def avif_facts(file: BinaryIO, size_bytes: int) -> AvifFacts | None:
    """Size and turning of an AVIF's (or HEIC's) main picture; None where it does not say."""
    for meta in _named(file, 0, size_bytes, b"meta"):
        inside = list(boxes(file, meta.begin + 4, meta.end))
        main = next((_content(file, box)[4:] for box in inside if box.kind == b"pitm"), b"")
        for group in (box for box in inside if box.kind == b"iprp"):
            return _main_properties(file, group, int.from_bytes(main, "big"))
    return None


def _main_properties(file: BinaryIO, group: Box, main: int) -> AvifFacts | None:
    properties: list[Box] = []
    wanted: list[int] = []
    for box in boxes(file, group.begin, group.end):
        if box.kind == b"ipco":
            properties = list(boxes(file, box.begin, box.end))
        elif box.kind == b"ipma":
            wanted = wanted or _associated(_content(file, box), main)
    size_px, turn = None, UPRIGHT
    for number in wanted:  # in the order in which they are to be done
        if not 0 < number <= len(properties):
            continue
        box = properties[number - 1]
        content = _content(file, box)
        if box.kind == b"ispe" and len(content) >= 12:
            size_px = int.from_bytes(content[4:8], "big"), int.from_bytes(content[8:12], "big")
        elif box.kind == b"irot" and content:
            turn = then(turn, QUARTERS[content[0] & 3])
        elif box.kind == b"imir" and content:
            turn = then(turn, (-1, 0, 0, 1) if content[0] & 1 else (1, 0, 0, -1))
    return None if size_px is None else AvifFacts(size_px, turn)


def _associated(content: bytes, item: int) -> list[int]:
    """Numbers of an item's properties, from an `ipma` box."""
    wide_item, wide_property = bool(content[:1] > b"\x00"), bool(content[3:4] and content[3] & 1)
    at, count = 8, int.from_bytes(content[4:8], "big")
    for _ in range(min(count, _MOST_BOXES)):
        size = 4 if wide_item else 2
        number, links = int.from_bytes(content[at : at + size], "big"), content[at + size :][:1]
        at += size + 1
        step = 2 if wide_property else 1
        entries = content[at : at + step * (links[0] if links else 0)]
        at += len(entries)
        if number == item:
            mask = 0x7FFF if wide_property else 0x7F
            return [
                int.from_bytes(entries[i : i + step], "big") & mask
                for i in range(0, len(entries), step)
            ]
    return []


def _named(file: BinaryIO, begin: int, end: int, kind: bytes) -> Iterator[Box]:
    return (box for box in boxes(file, begin, end) if box.kind == kind)


def _content(file: BinaryIO, box: Box) -> bytes:
    file.seek(box.begin)
    return file.read(min(box.end - box.begin, _MOST_BYTES))
