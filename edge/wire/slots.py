"""Where a network stands in the estimator: today's names, and those that older stations know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec

Entry = TypeVar("Entry")

# `finder`, `whole`, `close`.
Slot = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,31}$(?!\n)")]
_SLOTS_OF_0_1_0 = {"refiner": "whole", "spine": "close"}


def slot_of(name: str) -> str:
    """A slot by today's name, whichever version's name it is.

    What is sent and signed keeps the name it was given, which older stations know.
    """
    return _SLOTS_OF_0_1_0.get(name, name)


def by_slot(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Entries by today's names of slots; where both names stand, today's counts."""
    renamed = {slot_of(name): entry for name, entry in entries.items()}
    return renamed | {name: entry for name, entry in entries.items() if slot_of(name) == name}
