"""Norms: of people like this one, guarded by the interval, as data that cannot be wrong quietly."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import SettingsInvalid
from edge.norms import BANDS, UNTOLD, Who, parse_norms, shipped_norms
from edge.posture.catalogue import EVERY
from edge.records import Measure, Quality

NORMS = shipped_norms()
GIRL, BOY, MAN = Who(16, "female"), Who(16, "male"), Who(40, "male")


def angle(value, u95=0.1, code="craniovertebral_angle", unit="deg", definition="1-tragus"):
    return Measure(code, value, unit, u95, 10.0, Quality.OK, definition=definition)


def kyphosis(value, u95=1.0):
    return angle(value, u95, "thoracic_kyphosis", definition="1-cubic")


@pytest.mark.parametrize(
    ("value", "u95", "who", "bands"),
    [
        # 46.55 +- 1.96 x 5.2: 36.4 to 56.7
        (46.0, 1.0, GIRL, ("usual",)),
        (35.0, 1.0, GIRL, ("below",)),
        (58.0, 1.0, GIRL, ("above",)),
        (36.0, 1.0, GIRL, ("below", "usual")),
        (56.5, 1.0, GIRL, ("usual", "above")),
        # 48.43 +- 1.96 x 4.91: 38.8 to 58.1, so that a boy of 37.5 is not what a girl of 37.5 is
        (37.5, 0.5, BOY, ("below",)),
        (37.5, 0.5, GIRL, ("usual",)),
        # both together: 47.4 +- 1.96 x 5.2, of whom nobody told the sex
        (37.5, 0.2, Who(16, None), ("usual",)),
    ],
)
def test_bands_of_people_of_that_age_and_sex(value, u95, who, bands):
    placed = NORMS.place(angle(value, u95), who)
    assert placed.bands == bands
    assert placed.absent is None
    assert placed.norm is not None


@pytest.mark.parametrize(
    ("measure", "who", "absent"),
    [
        (angle(46.0), UNTOLD, "age_untold"),
        (angle(46.0), Who(None, "female"), "age_untold"),
        (angle(46.0), Who(40, "female"), "other_people"),
        (angle(46.0), Who(14.9, "female"), "other_people"),
        (kyphosis(46.0), Who(40, None), "sex_untold"),
        (angle(46.0, definition="9"), GIRL, "no_norm"),
        (angle(46.0, unit="mm"), GIRL, "no_norm"),
        (angle(3.0, code="shoulder_tilt", definition="1"), GIRL, "no_norm"),
        (angle(46.0, 10.2), GIRL, "interval_wide"),  # half of 20.4 is 10.19
        (angle(46.0, 200.0), GIRL, "interval_wide"),
    ],
)
def test_what_lacks_for_a_band_is_named(measure, who, absent):
    placed = NORMS.place(measure, who)
    assert placed.absent == absent
    assert placed.bands == ()


def test_an_interval_just_under_half_of_the_usual_range_has_a_band():
    assert NORMS.place(angle(46.55, 10.1), GIRL).bands == ("usual",)
    assert NORMS.place(angle(46.55, 10.25), GIRL).bands == ()


def test_a_year_counts_to_its_end():
    assert NORMS.place(angle(46.0), Who(17.9, "female")).bands == ("usual",)
    assert NORMS.place(angle(46.0), Who(18.0, "female")).absent == "other_people"


def test_a_refused_measure_has_no_band():
    refused = Measure(
        "craniovertebral_angle", None, "deg", None, 1.0, Quality.REFUSED, ("no_person",)
    )
    assert NORMS.place(refused, GIRL).bands == ()


def test_men_and_women_differ_where_the_source_says_so():
    value = kyphosis(59.5, 0.2)  # men 25.6 to 60.0, women 21.8 to 59.0
    assert NORMS.place(value, MAN).bands == ("usual",)
    assert NORMS.place(value, Who(40, "female")).bands == ("above",)


@given(st.floats(-60, 120), st.floats(0, 20), st.sampled_from(NORMS.norms), st.floats(0, 10))
def test_a_wider_interval_never_reaches_fewer_bands(value, u95, norm, wider):
    narrow, wide = norm.bands(value, u95), norm.bands(value, u95 + wider)
    assert not wide or set(narrow) <= set(wide)
    assert not narrow or list(narrow) == [band for band in BANDS if band in narrow]
    assert set(narrow) != {"below", "above"}, "there is no way over the middle"


def test_every_norm_is_of_a_measure_and_definition_that_exist():
    known = {(d.code, d.version, d.unit) for d in EVERY}
    for norm in NORMS.norms:
        for definition in norm.definitions:
            assert (norm.code, definition, norm.unit) in known, norm.code


def test_every_norm_repeats_the_number_that_is_printed():
    for norm in NORMS.norms:
        numbers = {float(n) for n in re.findall(r"\d+\.?\d*", norm.printed)}
        assert {norm.mean, norm.sd} <= numbers, norm.printed


def test_no_two_norms_are_of_the_same_people():
    keys = [(n.code, n.sex, n.age_years) for n in NORMS.norms]
    assert len(set(keys)) == len(keys)


HEAD = 'version = "1"\nvalid_from = "2026-01-01"\n'
GOOD = (
    '[[norm]]\ncode="x"\ndefinitions=["1"]\nunit="deg"\nmean=1.0\nsd=2.0\nsex="any"\n'
    'age_years=[20, 30]\nn=5\npopulation="somebody"\nsource="https://doi.org/1"\n'
    'printed="1.0 and 2.0"\n'
)


@pytest.mark.parametrize(
    "text",
    [
        "version = 1 =",
        GOOD,
        HEAD,
        HEAD + GOOD.replace("sd=2.0", "sd=0.0"),
        HEAD + GOOD.replace("[20, 30]", "[30, 20]"),
        HEAD + GOOD.replace('"https://doi.org/1"', '"none"'),
        HEAD + GOOD.replace('"any"', '"both"'),
        HEAD + GOOD.replace('population="somebody"', 'population=""'),
        HEAD + GOOD + "typo = 1\n",
    ],
)
def test_damaged_norms_are_refused_with_a_remedy(text):
    with pytest.raises(SettingsInvalid) as refusal:
        parse_norms(text)
    assert refusal.value.remedy


def test_good_norms_are_read():
    norms = parse_norms(HEAD + GOOD)
    assert norms.norms[0].usual == pytest.approx((1.0 - 3.92, 1.0 + 3.92))
    assert norms.place(replace(angle(9.0, code="x"), definition="1"), Who(25, "male")).bands == (
        "above",
    )
