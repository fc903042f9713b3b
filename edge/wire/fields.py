"""What a field of a message may hold. Everything from outside is bounded before it is believed."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

MOST = 2**53 - 1  # what every JSON reader holds exactly
Seq = Annotated[int, msgspec.Meta(ge=1, le=MOST)]
Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
# 36 years since boot: sums with a date stay inside 64 bits.
BootTimeNs = Annotated[int, msgspec.Meta(ge=0, le=2**60)]
# `$` alone would let a newline pass at the end.
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Epoch = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{24}$(?!\n)")]
# A name that people read in one line: no control characters, which move a terminal's cursor.
_NAME = r"^[^\x00-\x1f\x7f-\x9f]{0,200}$(?!\n)"
Name = Annotated[str, msgspec.Meta(pattern=_NAME)]
# The same where its struct calls `check_name`: patterns are most of what decoding costs.
QuickName = Annotated[str, msgspec.Meta(max_length=200, extra_json_schema={"pattern": _NAME})]
# RFC 3339; nobody writes finer than nanoseconds.
Utc = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
        r"(Z|[+-][0-9]{2}:[0-9]{2})$(?!\n)"
    ),
]
# A word that only a newer station knows is still a word.
Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z-]{0,32}$(?!\n)")]
# On what a change may rest: see `edge.records.Assessment`.
Basis = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f]{0,64}$(?!\n)")]


def check_name(text: str) -> None:
    """Raises ValueError where a text is no Name."""
    if re.search(_NAME, text) is None:
        raise ValueError(f"{text!r} holds a control character")
