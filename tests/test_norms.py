"""Bands: guarded by the interval, with provenance, and data that cannot be quietly wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import SettingsInvalid
from edge.norms import parse_norms, shipped_norms
from edge.posture.assess import catalogue
from edge.records import Basis, Measure, Quality
from edge.skeletons import COCO_17, SPINE_5

NORMS = shipped_norms()


def measure(code, value, u95=0.1, unit="deg", definition="1"):
    return Measure(code, value, unit, u95, 10.0, Quality.OK, definition=definition)


@pytest.mark.parametrize(
    ("code", "value", "u95", "bands"),
    [
        ("shoulder_tilt", 1.0, 0.5, ("within usual range",)),
        ("shoulder_tilt", -4.0, 0.5, ("slight",)),
        ("shoulder_tilt", -2.9, 0.5, ("within usual range", "slight")),
        ("shoulder_tilt", 12.0, 1.0, ("marked",)),
        ("craniovertebral_angle", 53.0, 1.0, ("within usual range",)),
        ("craniovertebral_angle", 42.0, 1.0, ("moderate",)),
        ("craniovertebral_angle", 49.5, 1.0, ("within usual range", "slight")),
        ("kyphosis_proxy", 30.0, 5.0, ("within usual range",)),
        ("kyphosis_proxy", 55.0, 12.0, ("slight", "moderate", "marked")),
        ("knee_line", 20.0, 1.0, ()),
    ],
)
def test_bands(code, value, u95, bands):
    assert NORMS.bands_of(measure(code, value, u95)) == bands


def test_millimetres_have_no_band_in_percent_of_stature():
    assert NORMS.bands_of(measure("ear_ahead_of_ankle", 80.0, 1.0, "mm")) == ("slight",)
    assert NORMS.bands_of(measure("ear_ahead_of_ankle", 80.0, 1.0, "%H")) == ()


def test_a_refused_measure_has_no_band():
    refused = Measure("shoulder_tilt", None, "deg", None, 1.0, Quality.REFUSED, ("no_person",))
    assert NORMS.bands_of(refused) == ()


@given(st.floats(-60, 60), st.floats(0, 20), st.sampled_from(sorted(NORMS.by_code)))
def test_a_wider_interval_never_reaches_fewer_bands(value, u95, code):
    unit = NORMS.by_code[code].unit
    narrow = NORMS.bands_of(measure(code, value, u95, unit))
    wide = NORMS.bands_of(measure(code, value, u95 + 1.0, unit))
    assert narrow
    assert set(narrow) <= set(wide)


def test_every_norm_is_of_a_measure_that_exists_and_names_its_source():
    views = [(COCO_17, v) for v in ("front", "right")] + [(SPINE_5, "right")]
    codes = {d.code for skeleton, view in views for d in catalogue(skeleton, view)}
    assert set(NORMS.by_code) <= codes
    words = " ".join(NORMS.bands).lower()
    assert not any(word in words for word in ("abnormal", "patholog", "disease"))


def test_a_change_must_exceed_repeatability_and_intervals():
    before = measure("shoulder_tilt", 1.0)
    assert NORMS.changed(before, measure("shoulder_tilt", 3.9)) is False
    assert NORMS.changed(before, measure("shoulder_tilt", 4.1)) is True
    assert NORMS.changed(before, measure("shoulder_tilt", 4.1, u95=4.0)) is False
    assert NORMS.changed(measure("knee_line", 1.0), measure("knee_line", 1.3)) is True


def test_other_definitions_and_units_are_not_compared():
    before = measure("trunk_lean", 1.0)
    assert NORMS.changed(before, measure("trunk_lean", 9.0, definition="1-neck")) is None
    assert NORMS.changed(before, measure("trunk_lean", 9.0, unit="mm")) is None
    refused = Measure("trunk_lean", None, "deg", None, 1.0, Quality.REFUSED, ("no_person",))
    assert NORMS.changed(before, refused) is None


HEAD = 'version = "1"\nvalid_from = "2026-01-01"\npopulation = "x"\nbands = ["a","b","c","d"]\n'
GOOD = 'unit="deg"\ncompare="above"\nedges=[1.0,2.0,3.0]\nevidence="e"\nsource="s"\n'


@pytest.mark.parametrize(
    "text",
    [
        "version = 1 =",
        GOOD,
        HEAD + "[x]\n" + GOOD.replace("above", "sideways"),
        HEAD + "[x]\n" + GOOD.replace("[1.0,2.0,3.0]", "[3.0,2.0,1.0]"),
        HEAD + "[x]\n" + GOOD.replace('source="s"', 'source=""'),
        HEAD + "[x]\n" + GOOD + "typo = 1\n",
    ],
)
def test_damaged_norms_are_refused_with_a_remedy(text):
    with pytest.raises(SettingsInvalid) as refusal:
        parse_norms(text)
    assert refusal.value.remedy


def test_good_norms_are_read():
    norms = parse_norms(HEAD + "[x]\n" + GOOD)
    assert norms.by_code["x"].edges == (1.0, 2.0, 3.0)


def visit(value: float, **fields: Any) -> Measure:
    return replace(measure("shoulder_tilt", value, u95=2.0), u95_change=1.0, **fields)


HERE = Basis(("a" * 64,), "bodies 1", "2026-01-01 x")


def test_a_change_measured_alike_must_exceed_the_interval_of_a_change() -> None:
    assert NORMS.changed(visit(1.0), visit(2.01), HERE, HERE) is True
    assert NORMS.changed(visit(1.0), visit(1.99), HERE, HERE) is False
    wider = replace(visit(0.0), u95_change=3.0)
    assert NORMS.least_change(visit(0.0), wider, HERE, HERE) == pytest.approx(5.0**0.5)


@pytest.mark.parametrize(
    "other",
    [Basis(("b" * 64,), "bodies 1", HERE.calibration), Basis(HERE.networks, "bodies 1", "other")],
)
def test_across_networks_and_calibrations_the_intervals_against_the_world_count(other) -> None:
    assert NORMS.least_change(visit(0.0), visit(9.0), HERE, other) == pytest.approx(8.0**0.5)


def test_networks_that_were_not_judged_on_the_same_bodies_are_not_compared() -> None:
    for bodies in ("bodies 2", ""):
        other = Basis(("b" * 64,), bodies, HERE.calibration)
        assert NORMS.changed(visit(0.0), visit(9.0), HERE, other) is None
    unknown = Basis(("a" * 64,))
    assert NORMS.changed(visit(0.0), visit(9.0), unknown, Basis(("b" * 64,))) is None
