"""Which definitions of the catalogue apply to a skeleton and a view, and their units."""

from __future__ import annotations

from functools import cache

from edge.posture.catalogue import OF_BODY, OF_SPINE
from edge.posture.catalogue.definition import Definition
from edge.posture.landmarks import Side, keypoints_of
from edge.records import View
from edge.skeletons import Skeleton


def catalogue(skeleton: Skeleton, view: View) -> tuple[Definition, ...]:
    """The definitions that apply to a skeleton in a view; all views' where it is unknown.

    Of definitions that share a code, the one preferred.
    """
    return tuple(of_code[0] for of_code in alternatives(skeleton, view))


@cache
def alternatives(skeleton: Skeleton, view: View) -> tuple[tuple[Definition, ...], ...]:
    """For each code those definitions whose landmarks the skeleton has, the preferred first.

    Where it has those of none, the last. Skeletons with shoulders get the body's measures, with
    vertebrae the spine's.
    """
    lists = OF_BODY if "left_shoulder" in skeleton.index else ()
    lists += OF_SPINE if "T6" in skeleton.index else ()
    by_code: dict[str, list[Definition]] = {}
    for definition in lists:
        if view == "unknown" or view in definition.views:
            by_code.setdefault(definition.code, []).append(definition)
    return tuple(
        tuple(d for d in of_code if d.formula is not None and _has(skeleton, d)) or (of_code[-1],)
        for of_code in by_code.values()
    )


def reported_unit(definition: Definition) -> str:
    """The unit that is written beside a value: lengths are in mm."""
    return "mm" if definition.unit == "length" else definition.unit


def _has(skeleton: Skeleton, definition: Definition) -> bool:
    near: Side = "left" if definition.side == "near" else ""
    names = (name for mark in definition.landmarks for name in keypoints_of(mark, near))
    return all(name in skeleton.index for name in names)
