"""The words of a report in the reader's language, as data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from edge.errors import SettingsInvalid
from edge.markers.protocol import PROTOCOLS
from edge.records import Origin
from edge.shown import quoted
from edge.skeletons import part_of

Language = Literal["en", "zh", "ko", "ja"]
LANGUAGES: dict[Language, str] = {"en": "en", "zh": "zh-Hans", "ko": "ko", "ja": "ja"}  # BCP 47

# Reasons that differ for machines and are one for the reader.
_SAME = {
    "calibration_stale": "calibration", "calibration_suspect": "calibration",
    "calibration_lost": "calibration",
    "calibration_marks_not_seen": "calibration",
    "calibration_of_another_picture_size": "calibration",
    "shoulders_and_hips_contradict": "contradict", "face_and_feet_contradict": "contradict",
    "near_and_far_side_contradict": "contradict", "face_seen_from_behind": "contradict",
    "face_not_seen": "view_unclear", "looking_direction_not_seen": "view_unclear",
    "yaw_unsure": "view_unclear", "yaw_and_shoulders_contradict": "contradict",
    "view_unknown": "view_unclear", "marker_colour_common": "markers_unclear",
    "markers_ambiguous": "markers_unclear", "markers_not_on_a_spine": "markers_unclear",
    "stickers_found": "markers_found", "sticker_ambiguous": "markers_unclear",
    "stickers_not_followed": "markers_unclear",
}  # fmt: skip
_UNITS = {"deg": "°", "1": "", "%": " %"}
# Landmarks that a printed target can show.
_STUCK_ON = {
    placement.landmark for protocol in PROTOCOLS.values() for placement in protocol.placements
}


@dataclass(frozen=True)
class Words:
    """All tables of one words_*.toml; texts in an unknown place are a fault of this program."""

    language: Language
    tables: dict[str, dict[str, str]]

    def __call__(self, table: str, key: str, *values: object) -> str:
        """A text with its placeholders filled in."""
        return self.tables[table][key].format(*values)

    def listed(self, items: Iterable[str]) -> str:
        """Items one after another, as the language separates them."""
        return self.tables["page"]["list"].join(items)

    def origin(self, *origins: Origin) -> str:
        """Where frames came from, in brackets; nothing where all are a live camera's."""
        told = [self("origins", origin) for origin in origins if origin != "camera"]
        return f" ({self.listed(told)})" if told else ""

    def scale(self, by: str) -> str:
        """What lengths rest on; a word of a newer station, or none, says that nobody told."""
        texts = self.tables["scales"]
        return texts.get(by, texts["untold"])

    def unit(self, unit: str) -> str:
        """A unit as it is written behind a number."""
        return _UNITS.get(unit, f" {unit}")

    def measure(self, code: str, definition: str = "") -> str:
        """The name of a measure, by its definition where that names it otherwise, or its code."""
        names = self.tables["measures"]
        return names.get(f"{code}:{definition}") or names.get(code, code.replace("_", " "))

    def reason(self, code: str) -> str:
        """A reason code (`keypoint_missing:left_hip`) as people read it."""
        kind, _, detail = code.partition(":")
        if kind == "keypoint_not_in_skeleton" and part_of(detail) in _STUCK_ON:
            kind = "sticker_would_show"
        texts = self.tables["reasons"]
        return texts.get(_SAME.get(kind, kind), texts["other"]).format(self.part(detail))

    def part(self, keypoint: str) -> str:
        """A keypoint's name; vertebrae are called the same everywhere."""
        side, rest = keypoint.partition("_")[0], part_of(keypoint)
        parts = self.tables["parts"]
        if side in ("left", "right") and rest in parts:
            return self("sides", f"{side}_part", parts[rest])
        return parts.get(keypoint, keypoint.replace("_", " "))


@cache
def words(language: str) -> Words:
    """The words of a language. Raises SettingsInvalid where it has none here."""
    for known in LANGUAGES:
        if known == language:
            text = resources.files("edge.report").joinpath(f"words_{known}.toml")
            return Words(known, tomllib.loads(text.read_text(encoding="utf-8")))
    raise SettingsInvalid(
        f"There is no report in {quoted(language)}.", f"Name one of {', '.join(LANGUAGES)}."
    )
