"""Words of the moment: what may be left out, and what may not."""

from __future__ import annotations

import msgspec
import pytest

from edge.wire.live import Aim, EndCommand


def test_who_is_not_said_to_be_whole_is_not() -> None:
    said = msgspec.json.decode(b'{"schema": "ps.aim/1", "picture_px": [640, 480]}', type=Aim)
    assert said.whole is False
    assert (said.people, said.points, said.view) == (0, {}, "unknown")


@pytest.mark.parametrize(
    ("words", "is_one"),
    [({"session": "a"}, True), ({"code": "p-17"}, True), ({}, False),
     ({"session": "a", "code": "p-17"}, False)],
)  # fmt: skip
def test_one_ends_a_visit_or_takes_an_order_back(words: dict[str, str], is_one: bool) -> None:
    if is_one:
        assert msgspec.to_builtins(msgspec.convert(words, EndCommand)).items() >= words.items()
    else:
        with pytest.raises(msgspec.ValidationError, match="either a session or a code"):
            msgspec.convert(words, EndCommand)
