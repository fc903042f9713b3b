"""Assessments as screening would hand them to the outbox."""

from __future__ import annotations

from edge.records import Assessment, Measure, ModelIdentity, Origin, Quality

MODEL = ModelIdentity("finder", "1.2.0", "ab" * 32, "paf")


def assessment(
    number: int = 1, *, session: str = "", padding: int = 0, origin: Origin = "camera"
) -> Assessment:
    """Two measures and a refused one; padding : characters of extra reasons."""
    return Assessment(
        kind="posture",
        session=session or f"session-{number}",
        view="front",
        source="test",
        captured_ns=number,
        measures=(
            Measure("head_tilt", number / 7, "deg", 1.6, 45.0, Quality.OK, view="front"),
            Measure("knee_valgus", 3.5, "deg", 2.5, 45.0, Quality.LOW, ("clothing",), side="left"),
            Measure(
                "trunk_lean",
                None,
                "deg",
                None,
                0.0,
                Quality.REFUSED,
                ("view:front" + "x" * padding,),
            ),
        ),
        frames_used=45,
        frames_seen=60,
        min_score=0.41,
        models=(MODEL,),
        origin=origin,
    )
