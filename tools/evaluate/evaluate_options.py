"""Options that several evaluations share, and what they name."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from posture_tools.cli import argument

from edge.errors import SettingsInvalid

if TYPE_CHECKING:
    from posture_tools.evaluate.photos import Photo


def count(text: str) -> int:
    """An argument that counts something."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no count; the least is 1")
    return int(text)


def number_from(low: float, high: float, text: str) -> float:
    """An argument within bounds."""
    try:
        number = float(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text} is no number from {low:g} to {high:g}")
    return number


def _margin(text: str) -> float | None:
    return None if text == "own" else number_from(0.5, 3, text)


PHOTOS = (
    argument(
        "--photos",
        type=Path,
        required=True,
        metavar="DIR",
        help="The folder of labelled sets: SET/images and SET/annotations.json.",
    ),
    argument("--sets", nargs="+", metavar="SET", help="Take these sets only."),
    argument("--limit", type=count, metavar="N", help="Take so many photographs of each set."),
)
THREADS = argument("--threads", type=count, default=1, help="Run each model on so many threads.")
CROPS = (
    argument(
        "--margin",
        type=_margin,
        default=1.25,
        metavar="FACTOR",
        help="Crop to the labelled box times this factor, or to each model's own margin with "
        "`own`. The default is 1.25.",
    ),
    argument("--flip", action="store_true", help="Average with the answer to the mirrored crop."),
    THREADS,
)


def photos_of(options: Namespace) -> list[Photo]:
    """The photographs that the options PHOTOS name.

    Raises
    ------
    SettingsInvalid : there are none.
    """
    from posture_tools.evaluate.photos import read_sets, set_names

    photos = read_sets(options.photos, options.sets or set_names(options.photos), options.limit)
    if not photos:
        raise SettingsInvalid(
            f"{options.photos} holds no labelled photographs.",
            "Name the folder that holds the sets (SET/images, SET/annotations.json).",
        )
    return photos
