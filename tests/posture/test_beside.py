"""How far beside the middle of the body a part lies."""

from __future__ import annotations

from edge.posture.perspective import beside


def test_an_inner_ankle_lies_between_the_middle_and_the_heel() -> None:
    for side in ("left", "right"):
        assert 0.0 < beside(f"{side}_med_mal") < beside(f"{side}_heel")
