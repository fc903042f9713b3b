"""An upload from files to stored results, and a correction of one of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from posture_tools.collector.body import now
from posture_tools.collector.kept_pictures import KeptPictures
from posture_tools.collector.store import Store
from posture_tools.uploads.decoding import decode
from posture_tools.uploads.desk import Desk
from posture_tools.uploads.finder import find
from posture_tools.uploads.kept import Kept, KeptVisit, Photo, new_session
from posture_tools.uploads.moving import (
    Points,
    assessment,
    checked,
    frame_of,
    measure,
    tallest,
    told_of,
)

from edge.errors import PostureError, SettingsInvalid
from edge.records import HandSet, View
from edge.sightings.person import Person
from edge.wire.order import Order

MOST_FILES = 6


@dataclass(frozen=True, slots=True)
class File:
    """One uploaded file. view : as the operator says; None lets the picture tell."""

    data: bytes
    view: View | None = None


@dataclass(slots=True)
class Uploads:
    """Everything that the pages do with photographs, over one store."""

    store: Store
    kept: Kept = field(init=False)
    _desks: dict[str, Desk] = field(init=False, default_factory=dict)
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.kept = Kept(KeptPictures.beside(self.store.erasures))

    def desk(self, site: str) -> Desk:
        """The desk of a site, made with the first upload there. Raises as `Desk`."""
        with self._lock:
            if site not in self._desks:
                self._desks[site] = Desk(self.store, site, self.kept.folders.root)
            return self._desks[site]

    def take(
        self, site: str, order: Order, files: Sequence[File], *, by: str, days: int
    ) -> KeptVisit:
        """Decode, find, measure and store each file; all of them or none.

        order : the person's code, the consent's version and what was told. by : who uploads.
        days : how long the pictures are kept at most.

        Raises
        ------
        PostureError : one of them cannot be used; nothing was stored, and nothing is kept.
        """
        if not 1 <= len(files) <= MOST_FILES:
            raise SettingsInvalid(f"From 1 to {MOST_FILES} photographs make a visit.")
        desk, session = self.desk(site), new_session()
        at = datetime.now(UTC)
        try:
            seen = [
                self._look(site, session, number, file, order)
                for number, file in enumerate(files, 1)
            ]
            data: dict[str, Any] = {
                "code": order.code, "version": order.consent_version, "by": by,
                "inputs": msgspec.to_builtins(order.inputs),
            }  # fmt: skip
            consent = desk.consent(session, data)
            visit = KeptVisit(
                site, session, order.code, by, now(), (at + timedelta(days=days)).isoformat(),
                consent, order.inputs, (),
            )  # fmt: skip
            for photo, person in seen:
                found = self.kept.found(site, session, photo.number)
                made = assessment(person, session, found.models, number=photo.number)
                name = desk.accept(made, consent)
                visit = visit.with_photo(msgspec.structs.replace(photo, answers=(name,)))
            self.kept.write(visit)
        except BaseException:
            self.kept.drop(site, session)
            raise
        return visit

    def _look(
        self, site: str, session: str, number: int, file: File, order: Order
    ) -> tuple[Photo, Person]:
        picture = decode(file.data, f"photo {number}")
        path = self.kept.add(site, session, number, picture)
        found = find(path)
        self.kept.keep_found(site, session, number, found)
        height_px, width_px = picture.image.shape[:2]
        photo = Photo(number, width_px, height_px, picture.taken_at, file.view, len(found.poses))
        try:
            person = measure(tallest(found), frame_of(path), told_of(order.inputs, file.view), None)
        except PostureError as error:
            raise type(error)(f"photo {number}: {error.problem}", error.remedy) from error
        return photo, person

    def measured(self, visit: KeptVisit, photo: Photo, hand: HandSet | None) -> Person:
        """The person of a photograph with points set, without keeping anything.

        Raises
        ------
        SettingsInvalid : a point that cannot be. OSError : the picture is gone.
        """
        if hand is not None:
            checked(hand.points_px, (photo.width_px, photo.height_px))
        place = (visit.site, visit.session, photo.number)
        pose = tallest(self.kept.found(*place))
        told = told_of(visit.inputs, photo.view)
        return measure(pose, frame_of(self.kept.picture(*place)), told, hand)

    def correct(self, visit: KeptVisit, photo: Photo, points: Points, *, by: str) -> KeptVisit:
        """Store the answer with these points in the place of the one before, which stays too.

        Raises as `measured`.
        """
        hand = HandSet(dict(points), by, now())
        person = self.measured(visit, photo, hand)
        found = self.kept.found(visit.site, visit.session, photo.number)
        made = assessment(
            person, visit.session, found.models, number=photo.number, corrects=photo.answers[-1]
        )
        name = self.desk(visit.site).accept(made, visit.consent)
        changed = msgspec.structs.replace(
            photo, answers=(*photo.answers, name), points=dict(points), by=by, on=hand.on
        )
        visit = visit.with_photo(changed)
        self.kept.write(visit)
        return visit

    def tend(self) -> None:
        """Called again and again: what is due is deleted, what was erased is forgotten and proved,
        what waits is delivered, and the desks say that they are there."""
        self.kept.expire(self.store, datetime.now(UTC))
        root = self.kept.folders.root
        for site in sorted(each.parent.name for each in root.glob("*/outbox.db")):
            desk = self.desk(site)
            desk.forget()
            desk.deliver()
            desk.say(online=True)

    def close(self) -> None:
        """The desks say that they go."""
        with self._lock:
            for desk in self._desks.values():
                desk.say(online=False)
                desk.close()
            self._desks.clear()
