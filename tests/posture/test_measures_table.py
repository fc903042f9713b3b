"""docs/measures.md against the catalogue: definitions, signs, what is needed, norms, old codes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from edge.norms import shipped_norms
from edge.posture.catalogue import EVERY, RETIRED
from edge.posture.catalogue.definition import Definition
from edge.posture.fitness import needed, needs
from edge.report.words import LANGUAGES, words

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "measures.md").read_text(encoding="utf-8")


def rows(title: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    part = TEXT.partition(f"# {title}\n")[2].split("\n#")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


MEASURES = {row[0]: row for row in rows("Measures")}
BY_CODE: dict[str, list[Definition]] = {}
for each in EVERY:
    BY_CODE.setdefault(each.code, []).append(each)


def test_every_measure_stands_there_once_and_no_other() -> None:
    assert [row[0] for row in rows("Measures")] == list(BY_CODE)


@pytest.mark.parametrize("code", BY_CODE)
def test_definitions_views_units_and_needs_are_the_catalogues(code: str) -> None:
    definitions = BY_CODE[code]
    _, what, views, _, unit, told, need = MEASURES[code]
    assert what
    assert set(views.split()) == {view for d in definitions for view in d.views}
    assert unit == ("mm" if definitions[0].unit == "length" else definitions[0].unit)
    versions = re.findall(r"`([^`]+)` ([^;]+)", told)
    measured = [d for d in definitions if d.formula is not None]
    assert versions == [(d.version, " ".join(d.landmarks)) for d in measured]
    limit = needed(code, unit)
    assert need == ("" if limit is None else f"{limit:g}")


def test_every_need_stands_there_with_its_source() -> None:
    told = {
        code: (float(row[1]), row[2]) for row in rows("Needed") for code in row[0].split()
    }  # fmt: skip
    assert told == {code: (need.needed, need.source) for code, need in needs().items()}


def test_every_norm_stands_there_with_its_source() -> None:
    told = {tuple(row) for row in rows("Norms")[: len(shipped_norms().norms)]}
    for n in shipped_norms().norms:
        ages = f"{n.age_years[0]:g}-{n.age_years[1]:g}"
        number = f"{n.mean:g} ± {n.sd:g} {n.unit}"
        assert (
            n.code, " ".join(n.definitions), n.sex, ages, number, str(n.n), n.population,
            n.printed, n.source,
        ) in told  # fmt: skip


def test_old_codes_stand_there_and_are_read_under_their_old_names() -> None:
    assert {(row[0], row[1]): row[2] for row in rows("Retired codes")} == RETIRED
    today = {(d.code, d.version) for d in EVERY}
    for (code, definition), now in RETIRED.items():
        assert (code, definition) not in today
        assert now in BY_CODE
        for language in LANGUAGES:
            name = words(language).measure(code, definition)
            assert name not in (code.replace("_", " "), words(language).measure(now))
    assert (
        words("en").measure("shoulder_protraction", "1") == "Shoulder ahead of hip (older results)"
    )


# Somebody straight: to their left, forward, up; px. Of a pair the left one.
_STRAIGHT = {
    "eye": (20, 90, 960), "ear": (50, 30, 950), "tragus": (48, 34, 948), "shoulder": (110, 20, 820),
    "acromion": (120, 15, 835), "elbow": (130, 20, 640), "wrist": (135, 30, 480),
    "hip": (60, 30, 530), "asis": (75, 80, 575), "psis": (27, -20, 580),
    "trochanter": (105, 32, 525), "knee": (65, 22, 285), "patella": (64, 58, 284),
    "tib_tub": (66, 46, 255), "ankle": (60, 0, 55), "lat_mal": (95, -6, 48),
    "heel": (55, -36, 13), "achilles": (55, -30, 90), "toe": (70, 119, 6),
    "big_toe": (68, 119, 8), "axilla": (86, 9, 745), "waist": (80, 7, 667),
    "scap_inf": (54, -40, 745),
}  # fmt: skip
_MIDDLE = {
    "neck": (0, 10, 830), "upper_neck": (0, 15, 880), "head_top": (0, 40, 1000),
    "C4": (0, -8, 890), "C7": (0, -16, 855), "T3": (0, -30, 820), "T6": (0, -42, 780),
    "T8": (0, -41, 754), "T12": (0, -26, 689), "L4": (0, -8, 608), "S2": (0, -24, 580),
    "S5": (0, -30, 545),
}  # fmt: skip
LEFTWARDS, FORWARD, UP = (np.array(way, float) for way in ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def place(landmark: str, side: str) -> np.ndarray:
    """(3,) of a landmark as definitions name it; side : the one that is near."""
    if landmark in _MIDDLE:
        return np.array(_MIDDLE[landmark], float)
    if landmark.startswith("mid_"):
        return np.array(_STRAIGHT[landmark.removeprefix("mid_")], float) * (0, 1, 1)
    told, _, part = landmark.partition("_")
    if told not in ("left", "right"):
        told, part = side, landmark
    return np.array(_STRAIGHT[part], float) * (1 if told == "left" else -1, 1, 1)


def value(definition: Definition, points: np.ndarray, view: str) -> float:
    """The formula on a picture from far away, or on the floor."""
    facing = 1.0 if view in ("front", "right") else -1.0
    assert definition.formula is not None
    if definition.plane == "floor":
        seen = np.stack([facing * points[:, 0], 3000.0 - facing * points[:, 1]], axis=1)
    elif view in ("front", "back"):
        seen = np.stack([facing * points[:, 0], -points[:, 2]], axis=1)
    else:
        seen = np.stack([facing * points[:, 1], -points[:, 2]], axis=1)
    return definition.formula(seen, facing)


def _outwards(definition: Definition) -> np.ndarray:
    return LEFTWARDS if definition.side == "left" else -LEFTWARDS


def _upper(definition: Definition) -> int:
    heights = [place(mark, "left")[2] for mark in definition.landmarks]
    return int(np.argmax(heights))


# What a sign says: which landmark moves which way for the value to grow.
MOVES = {
    "right side higher": lambda d: (0, UP),
    "shoulders rise to the right of the pelvis": lambda d: (0, UP),
    "to the right": lambda d: (1, -LEFTWARDS),
    "wider on the right": lambda d: (0, -LEFTWARDS),
    "right leg longer": lambda d: (2, -UP),
    "knee inwards (valgus)": lambda d: (
        next(i for i, mark in enumerate(d.landmarks) if "knee" in mark or "patella" in mark),
        -_outwards(d),
    ),
    "heel outwards (valgus)": lambda d: (1, _outwards(d)),
    "toes outwards": lambda d: (1, _outwards(d)),
    "upper end forward": lambda d: (_upper(d), FORWARD),
    "forward": lambda d: ({"lumbar_arrow": 3}.get(d.code, 0 if d.landmarks[0] == "C4" else 1),
                          FORWARD),
    "head farther back and up": lambda d: (1, UP - FORWARD),
    "chin up": lambda d: (1, UP),
    "C7 higher over the shoulder": lambda d: (1, UP),
    "bent": lambda d: (2, FORWARD if d.code == "hip_sagittal" else -FORWARD),
    "foot pulled up": lambda d: (len(d.landmarks) - 1, UP),
    "ASIS lower": lambda d: (0, -UP),
    "more curved": lambda d: {
        "thoracic_kyphosis": (0, FORWARD), "lumbar_lordosis": (6, -FORWARD),
        "kyphosis_proxy": (0, FORWARD), "lordosis_proxy": (1, -FORWARD),
    }[d.code],
}  # fmt: skip


@pytest.mark.parametrize(
    ("definition", "view"),
    [(d, view) for d in EVERY if d.formula is not None for view in d.views],
    ids=lambda each: each if isinstance(each, str) else f"{each.code}:{each.version}",
)
def test_a_value_grows_the_way_its_sign_says(definition: Definition, view: str) -> None:
    said = MEASURES[definition.code][3]
    points = np.stack([place(mark, view) for mark in definition.landmarks])
    if said == "no sign":
        mirrored = points * np.array([-1.0, 1.0, 1.0])
        assert abs(value(definition, mirrored, view)) == pytest.approx(
            abs(value(definition, points, view))
        )
        return
    row, way = MOVES[said](definition)
    moved = points.copy()
    moved[row] += 4.0 * way
    same = [i for i, mark in enumerate(definition.landmarks) if mark == definition.landmarks[row]]
    moved[same] = moved[row]
    assert value(definition, moved, view) > value(definition, points, view) + 0.05
    back = points.copy()
    back[same] = points[row] - 4.0 * way
    assert value(definition, back, view) < value(definition, points, view) - 0.05
