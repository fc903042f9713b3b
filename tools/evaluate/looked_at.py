"""What a person saw in the labelled photographs: from which side each is seen, and what shows.

Labels' own views are guesses from keypoints, and an examination of views must not ask those whom it
examines. `looked_at.toml` says how the pictures were judged.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Literal

import msgspec
from posture_tools.evaluate.labelled import Person

Seen = Literal["front", "back", "right", "left", "unclear"]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    views: dict[str, dict[str, list[Seen]]]
    waist_and_hips: dict[str, list[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class LookedAt:
    """views : set -> file -> view of each labelled person, in the order of the labels.
    waist_and_hips : (set, file, person) where waist and hips can be followed by eye.
    """

    views: Mapping[str, Mapping[str, Sequence[Seen]]]
    waist_and_hips: frozenset[tuple[str, str, int]]


@cache
def looked_at() -> LookedAt:
    """The table that comes with these tools."""
    file = resources.files("posture_tools.evaluate").joinpath("looked_at.toml")
    table = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _File)
    shows = frozenset(
        (set_name, file, person)
        for set_name, people in table.waist_and_hips.items()
        for file, person in people
    )
    return LookedAt(table.views, shows)


def as_seen(
    set_name: str, file_name: str, people: Sequence[Person], table: LookedAt | None = None
) -> tuple[Person, ...]:
    """The people of one photograph with their views as a person saw them.

    Of a set that is in the table, whoever it does not name is unclear, so `unknown`; people of
    other sets keep what their labels say.
    """
    table = looked_at() if table is None else table
    if set_name not in table.views:
        return tuple(people)
    views = table.views[set_name].get(file_name, ())
    seen = []
    for i, person in enumerate(people):
        view = views[i] if i < len(views) else "unclear"
        seen.append(
            replace(
                person,
                view="unknown" if view == "unclear" else view,
                hips_show=(set_name, file_name, i) in table.waist_and_hips,
            )
        )
    return tuple(seen)
