"""What two more stations tell: visits a month apart, a silence, and a model that did not serve."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from posture_tools.demo.people import screening
from posture_tools.load.retold import Past, tell

from edge.errors import PostureError
from edge.mqtt.settings import MqttSettings
from edge.records import Assessment

PERSON, CONSENT = "P-1001", "2026-05"
_WOMAN, _MAN = 1, 3  # of `mannequin:`
BAD_SHA256 = hashlib.sha256(b"a finder that sees nobody").hexdigest()

Say = Callable[[str], None]
OnTold = Callable[[int, int], None]


def tell_story(
    mqtt: MqttSettings, site: str, stop: threading.Event, say: Say, told: OnTold
) -> None:
    """Send everything; then one station has gone, and the other stays until `stop`.

    say : a line for people. told : called for each station with how many messages it had, and how
    many of them the collector has confirmed. stop : also ends what has not begun.
    """
    now = datetime.now(UTC)
    east, west = Past.of(site, "hall-east"), Past.of(site, "hall-west")
    for session, days, tilt in (("spring", 31, 7.0), ("summer", 1, 1.5)):
        if stop.is_set():
            return
        seen = screening(
            session, stature_mm=1680.0, seed=_WOMAN, shoulder_tilt=tilt, head_forward=22.0
        )
        _visit(east, now - timedelta(days=days), PERSON, seen, age_years=34, sex="female")
    man = screening("gym", stature_mm=1780.0, seed=_MAN, trunk_lean=3.0, valgus_left=5.0)
    _visit(west, now - timedelta(hours=3), "P-1002", man, age_years=41, sex="male")
    for step, reason, detail in (
        ("download", "ok", ""),
        ("canary", "ok", ""),
        ("install", "ok", ""),
        ("trial", "ok", "try 1"),
        ("rollback", "no_person_found", "nobody in 40 pictures in which the one before saw one"),
    ):
        about = {"slot": "finder", "name": "finder", "version": "9.9", "sha256": BAD_SHA256}
        east.event(now, "model", {"step": step, "reason": reason, "detail": detail, **about})
    threads = [
        threading.Thread(target=_tell, args=(past, mqtt, stop, say, told), kwargs=how)
        for past, how in ((west, {"silent": True}), (east, {"silent": False}))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _visit(
    past: Past, at: datetime, code: str, seen: list[Assessment], **inputs: float | str
) -> None:
    session = seen[0].session
    consent = past.consent(at, session, CONSENT, code=code, by="command", inputs=inputs)
    for number, assessment in enumerate(seen):
        past.result(at + timedelta(seconds=20 * (number + 1)), assessment, consent)


def _tell(
    past: Past, mqtt: MqttSettings, stop: threading.Event, say: Say, told: OnTold, *, silent: bool
) -> None:
    name = past.topics.station
    shows = (
        "a visit, then silence"
        if silent
        else f"two visits of {PERSON} a month apart, and a model that was rolled back"
    )
    say(f"replayed  {name}: {shows}")

    def confirmed(count: int) -> None:
        told(len(past.messages), count)

    try:
        tell(past, mqtt, stop, confirmed, then_silent=silent)
    except PostureError as problem:
        say(f"replayed  {name}: {problem}")
        confirmed(0)
