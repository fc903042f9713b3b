"""An uploaded photograph of a rendered person, found without a network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import cv2
import numpy as np
from posture_tools.collector.body import now
from posture_tools.mannequin.source import MannequinCamera
from posture_tools.uploads.decoding import Picture
from posture_tools.uploads.kept import KeptVisit, Photo
from posture_tools.uploads.moving import assessment, frame_of, measure, told_of
from posture_tools.uploads.pose_file import Found
from posture_tools.uploads.uploading import Uploads
from simulators.standing_person import Person, seen

from edge.records import ModelIdentity
from edge.wire.order import Inputs

SESSION, CODE = "up-spring", "P-0100"
MODELS = (ModelIdentity("bottom_up", "3.1", "ab" * 32, "paf"),)


@cache
def rendered(uri: str = "mannequin:?view=front&seed=3&shoulder_tilt=4") -> np.ndarray:
    """A rendered person who stands, uint8 (H, W, 3), as a camera would see them."""
    camera = MannequinCamera(uri)
    camera.open()
    return np.ascontiguousarray(camera.rendered(5.0).image)


def jpeg(image: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", image)[1].tobytes()


def give(
    uploads: Uploads, session: str, *, code: str = CODE, site: str = "north", days: int = 7
) -> KeptVisit:
    """As `Uploads.take` does it, with a pose that is told in the place of networks."""
    image = cv2.resize(rendered(), (1080, 1920))
    pose = seen("front", Person(shoulder_tilt_deg=3.0), sigma_px=0.8)
    found = Found.of([pose], MODELS)
    path = uploads.kept.add(site, session, 1, Picture(image, "2026-04-02T09:10:11"))
    uploads.kept.keep_found(site, session, 1, found)
    inputs = Inputs(stature_mm=1700.0)
    person = measure(pose, frame_of(path), told_of(inputs, None), None)
    desk = uploads.desk(site)
    said = {"code": code, "version": "2026-05", "by": "op", "inputs": {"stature_mm": 1700.0}}
    consent = desk.consent(session, said)
    name = desk.accept(assessment(person, session, MODELS, number=1), consent)
    until = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    photo = Photo(1, 1080, 1920, "2026-04-02T09:10:11", None, 1, (name,))
    visit = KeptVisit(site, session, code, "op", now(), until, consent, inputs, (photo,))
    uploads.kept.write(visit)
    return visit
