"""When a photograph was taken, as the camera wrote it into the file (EXIF)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from pathlib import Path

import exifread

# When the shutter opened, then when a film was scanned; never when the file was last changed.
_TAKEN = (
    ("EXIF DateTimeOriginal", "EXIF OffsetTimeOriginal"),
    ("EXIF DateTimeDigitized", "EXIF OffsetTimeDigitized"),
)

logging.getLogger("exifread").setLevel(logging.CRITICAL)  # files without EXIF are no news


def taken_at(path: Path) -> str:
    """ISO time, with its offset from UTC where the camera knew it; empty where nothing says."""
    try:
        with path.open("rb") as stream:
            tags = exifread.process_file(stream, details=False, extract_thumbnail=False)
    except Exception:  # noqa: BLE001 - a damaged EXIF block is no reason to lose a photograph
        return ""
    for date, offset in _TAKEN:
        if date in tags and (moment := _moment(str(tags[date]), str(tags.get(offset, "")))):
            return moment
    return ""


def _moment(date: str, offset: str) -> str:
    """`2026:11:27 09:10:00` and `+09:00`, as cameras write them; empty for what is no date."""
    try:
        moment = datetime.strptime(date.strip(), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
        if offset.strip():
            zone = datetime.strptime(offset.strip(), "%z").utcoffset() or timedelta(0)
            moment = moment.replace(tzinfo=timezone(zone))
    except ValueError:
        return ""
    return moment.isoformat(timespec="seconds")
