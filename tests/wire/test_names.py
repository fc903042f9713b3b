"""What a name in a message may hold."""

from __future__ import annotations

import msgspec
import pytest

from edge.wire.fields import check_name
from edge.wire.result import WireMeasure


def measure(code: str, unit: str = "deg", definition: str = "1") -> WireMeasure:
    said = {
        "code": code, "value": 1.5, "unit": unit, "u95": 0.5, "n": 20.0, "quality": "ok",
        "why": [], "view": "front", "side": "", "definition": definition,
    }  # fmt: skip
    return msgspec.convert(said, WireMeasure)


@pytest.mark.parametrize("name", ["knee", "M\u00e4rz", "knee\u200bline", "a\u2028b", "\u00a0"])
def test_a_letter_that_no_printer_knows_is_still_one(name: str) -> None:
    check_name(name)
    assert measure(name).code == name
    assert measure("knee", unit=name, definition=name).unit == name


@pytest.mark.parametrize("control", ["\x00", "\x1f", "\x7f", "\x9f", "\n"])
def test_a_control_character_is_none(control: str) -> None:
    for place in range(3):
        words = ["knee", "deg", "1"]
        words[place] += control
        with pytest.raises(msgspec.ValidationError, match="control character"):
            measure(*words)
