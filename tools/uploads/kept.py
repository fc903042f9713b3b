"""The photographs of one visit while they are kept, and what is known of each."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import msgspec
from posture_tools.collector.kept_pictures import KeptPictures
from posture_tools.collector.store import Store
from posture_tools.uploads.decoding import Picture
from posture_tools.uploads.pose_file import Found

from edge.errors import NOT_JSON
from edge.files import make_folder, write_durably
from edge.records import Uint8, View
from edge.wire.order import Inputs
from edge.wire.result import Consent

USUAL_DAYS, MOST_DAYS = 7, 365
_SHOWN_PX = 1600  # the longer side of what a browser gets
_VISIT = "visit.json"


class Photo(msgspec.Struct, frozen=True):
    """One photograph. view : as an operator says; None as the picture tells.

    taken_at : as its camera wrote. answers : ids of its results, the first answer first.
    points, by, on : what was set by hand last, who, and when.
    """

    number: int
    width_px: int
    height_px: int
    taken_at: str
    view: View | None
    people: int
    answers: tuple[str, ...] = ()
    points: dict[str, tuple[float, float] | None] = {}
    by: str = ""
    on: str = ""


class KeptVisit(msgspec.Struct, frozen=True):
    """What was uploaded together. until : RFC 3339; then the pictures go, whoever has seen them."""

    site: str
    session: str
    code: str
    by: str
    at: str
    until: str
    consent: Consent
    inputs: Inputs
    photos: tuple[Photo, ...]

    def photo(self, number: int) -> Photo | None:
        return next((each for each in self.photos if each.number == number), None)

    def with_photo(self, photo: Photo) -> KeptVisit:
        others = [each for each in self.photos if each.number != photo.number]
        photos = tuple(sorted((*others, photo), key=lambda each: each.number))
        return msgspec.structs.replace(self, photos=photos)


@dataclass(frozen=True, slots=True)
class Kept:
    """All visits whose pictures are kept beside one store."""

    folders: KeptPictures

    def write(self, visit: KeptVisit) -> None:
        """Write what is known of a visit, in one step."""
        folder = self.folders.folder(visit.site, visit.session)
        make_folder(folder)
        write_durably(folder / _VISIT, msgspec.json.encode(visit), mode=0o600)

    def add(self, site: str, session: str, number: int, picture: Picture) -> Path:
        """Keep one picture, as pixels without loss and as what a browser shows; where it lies."""
        folder = self.folders.folder(site, session)
        make_folder(folder)
        self.folders.root.chmod(0o700)
        path = folder / f"{number}.png"
        _, whole = cv2.imencode(".png", picture.image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        write_durably(path, whole.tobytes(), mode=0o600)
        small = _shrunk(picture.image)
        _, seen = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 88])
        write_durably(path.with_suffix(".jpg"), seen.tobytes(), mode=0o600)
        return path

    def keep_found(self, site: str, session: str, number: int, found: Found) -> None:
        path = self.picture(site, session, number).with_suffix(".json")
        write_durably(path, found.encode(), mode=0o600)

    def found(self, site: str, session: str, number: int) -> Found:
        """The points found in a picture. Raises OSError where they are gone."""
        return Found.decode(self.picture(site, session, number).with_suffix(".json").read_bytes())

    def picture(self, site: str, session: str, number: int) -> Path:
        """Path of a picture, kept without loss; a JPEG of it lies beside."""
        return self.folders.folder(site, session) / f"{number}.png"

    def visit(self, site: str, session: str) -> KeptVisit | None:
        """A visit whose pictures are kept; None where they are not, or not any more."""
        return _read(self.folders.folder(site, session))

    def visits(self, site: str) -> Iterator[KeptVisit]:
        """Visits of one site that wait for a review."""
        found = [visit for folder in self.folders.folders() if (visit := _read(folder))]
        yield from sorted((v for v in found if v.site == site), key=lambda v: v.at, reverse=True)

    def drop(self, site: str, session: str) -> bool:
        """The pictures have been reviewed; whether there were any."""
        return self.folders.forget(site, [session]) > 0

    def expire(self, store: Store, at: datetime) -> int:
        """Delete what is due, what was erased, and what no upload finished; how many visits."""
        erased = {
            sha256
            for (sha256,) in store.rows("SELECT sha256 FROM forgotten WHERE what = 'session'")
        }
        gone = 0
        for folder in self.folders.folders():
            visit = _read(folder)
            if folder.name in erased or _is_due(visit, folder, at):
                shutil.rmtree(folder, ignore_errors=True)
                gone += 1
        return gone


def new_session() -> str:
    """A name that nobody guesses."""
    return f"up-{secrets.token_hex(8)}"


def _is_due(visit: KeptVisit | None, folder: Path, at: datetime) -> bool:
    if visit is not None:
        return datetime.fromisoformat(visit.until) <= at
    try:
        began = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    except OSError:
        return False
    return at - began > timedelta(hours=1)


def _read(folder: Path) -> KeptVisit | None:
    try:
        return msgspec.json.decode((folder / _VISIT).read_bytes(), type=KeptVisit)
    except (OSError, *NOT_JSON):
        return None


def _shrunk(image: Uint8) -> cv2.typing.MatLike:
    longer = max(image.shape[:2])
    if longer <= _SHOWN_PX:
        return image
    share = _SHOWN_PX / longer
    return cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
