"""Consent: told once a session, before its first result, and named by every result."""

from __future__ import annotations

import json
from pathlib import Path

from edge.engine.consent import Consents
from edge.records import Asked, Assessment, Measure, Quality
from edge.results.outbox import Outbox

ASKED = Asked("command", "p-17", "2026-1", (("stature_mm", 1700.0),))


def assessment(session: str, asked: Asked | None = ASKED) -> Assessment:
    measure = Measure("head_tilt_ear", None, "deg", None, 1, Quality.REFUSED, ("nobody",))
    return Assessment("posture", session, "front", "", 0, (measure,), 1, 1, 0.0, asked=asked)


def test_a_consent_is_told_once_a_session_and_named_by_its_results(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with Outbox.open(path, site="x", station="y", limit_bytes=10**7, at_limit="refuse") as box:
        consents = Consents(box)
        for session in ("a", "a", "b"):
            box.accept(assessment(session), consents.of(assessment(session)))
        sent = [json.loads(message.body) for message in box.pending(10)]
    assert [body["schema"][:9] for body in sent] == [
        "ps.event/", "ps.result", "ps.result", "ps.event/", "ps.result",
    ]  # fmt: skip
    assert sent[0]["data"] == {
        "session": "a", "code": "p-17", "version": "2026-1", "by": "command",
        "inputs": {"stature_mm": 1700.0},
    }  # fmt: skip
    assert [body["consent"]["event_seq"] for body in sent if "consent" in body] == [1, 1, 4]


def test_who_just_steps_up_gave_no_consent(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with Outbox.open(path, site="x", station="y", limit_bytes=10**7, at_limit="refuse") as box:
        assert Consents(box).of(assessment("a", None)) is None
        assert box.depth() == 0
