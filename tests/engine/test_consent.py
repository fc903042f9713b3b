"""Consent: told once a session, before its first result, and named by every result."""

from __future__ import annotations

import json

from edge.engine.consent import Consents
from edge.records import Asked, Assessment, Measure, Quality
from edge.results.outbox import Outbox

ASKED = Asked("command", "p-17", "2026-1", (("stature_mm", 1700.0),))


def assessment(session: str, asked: Asked | None = ASKED) -> Assessment:
    measure = Measure("head_tilt_ear", None, "deg", None, 1, Quality.REFUSED, ("nobody",))
    return Assessment("posture", session, "front", "", 0, (measure,), 1, 1, 0.0, asked=asked)


def test_a_consent_is_told_once_a_session_and_named_by_its_results(outbox: Outbox) -> None:
    consents = Consents(outbox)
    for session in ("a", "a", "b"):
        outbox.accept(assessment(session), consents.of(assessment(session)))
    sent = [json.loads(message.body) for message in outbox.pending(10)]
    assert [body["schema"][:9] for body in sent] == [
        "ps.event/", "ps.result", "ps.result", "ps.event/", "ps.result",
    ]  # fmt: skip
    assert sent[0]["data"] == {
        "session": "a", "code": "p-17", "version": "2026-1", "by": "command",
        "inputs": {"stature_mm": 1700.0},
    }  # fmt: skip
    assert [body["consent"]["event_seq"] for body in sent if "consent" in body] == [1, 1, 4]


def test_who_just_steps_up_gave_no_consent(outbox: Outbox) -> None:
    assert Consents(outbox).of(assessment("a", None)) is None
    assert outbox.depth() == 0
