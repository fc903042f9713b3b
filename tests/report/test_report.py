"""The page of one screening: complete, honest, in four languages, on one sheet."""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from simulators.screened import PERSON, SCALED, scores, screening
from simulators.standing_person import pose_of, seen

from edge.errors import SettingsInvalid
from edge.fms.rules import shipped_rules
from edge.norms import BANDS, Who, shipped_norms
from edge.posture.applying import catalogue
from edge.posture.assess import assess, refuse
from edge.posture.stick_figure import figure_of
from edge.posture.sway import sway
from edge.records import Frame, HandSet, Measure, Origin, Quality
from edge.report.page import page, picture
from edge.report.reported_visit import ReportedView
from edge.report.together import combined
from edge.report.words import LANGUAGES, words
from edge.screening.prompts import PROMPTS
from edge.screening.screening import Screening
from edge.settings import ScreeningSettings
from edge.skeletons import COCO_17, SPINE_5

NORMS = shipped_norms()
ORIGINS = get_args(Origin)
SPINE = {"C4": (0, 0), "T6": (-120, 160), "T8": (-137, 207), "L4": (-93, 453), "S5": (-137, 617)}


def text_of(html):
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", body).replace("\xa0", " ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word_and_the_same_places_to_fill(language):
    english, other = words("en").tables, words(language).tables
    assert {t: set(keys) for t, keys in english.items()} == {t: set(k) for t, k in other.items()}
    for table, keys in english.items():
        for key, text in keys.items():
            assert sorted(re.findall(r"\{\d\}", text)) == sorted(
                re.findall(r"\{\d\}", other[table][key])
            ), (table, key)


def test_every_measure_movement_and_band_has_a_name():
    texts = words("en")
    codes = {
        d.code
        for skeleton in (COCO_17, SPINE_5)
        for d in catalogue(skeleton, "unknown")
        if not d.code.startswith("aigo_")
    }
    codes |= {m.code for m in sway([0.0], [seen("front")], "front")}
    assert codes <= set(texts.tables["measures"])
    assert set(shipped_rules().movements) <= set(texts.tables["movements"])
    assert set(BANDS) == set(texts.tables["bands"])


def test_every_prompt_and_refusal_has_words_of_its_own():
    texts = words("en")
    codes = [code for code in PROMPTS if code in texts.tables["reasons"]]
    codes += ["wide_interval", "calibration_stale", "oblique", "markers_ambiguous", "too_short"]
    assert len(codes) > 12
    assert texts("reasons", "other") not in map(texts.reason, codes)
    assert texts.reason("keypoint_missing:left_hip") == "left hip not seen"
    assert texts.reason("something_new:1") == texts("reasons", "other")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_speaks_of_disease_or_lacks_the_disclaimer(language):
    text = text_of(page(screening(scores=scores()), NORMS, words(language)))
    assert words(language)("page", "disclaimer") in text
    said = " ".join(t for table in words(language).tables.values() for t in table.values())
    for word in (
        "abnormal",
        "disorder",
        "disease",
        "異常",
        "疾患",
        "异常",
        "疾病",
        "비정상",
        "질환",
    ):
        assert word not in said


def test_every_measure_stands_on_the_page_measured_or_with_its_reason():
    visit = screening()
    text = text_of(page(visit, NORMS, words("en")))
    for measure in visit.measured():
        assert words("en").measure(measure.code) in text, measure.code
    assert "C7 is not found by this model" in text
    assert "a camera does not see it" in text


def test_values_stand_with_their_intervals():
    html = page(screening(), NORMS, words("en"))
    (shoulder,) = [
        one.measure for one in combined(screening()) if one.measure.code == "shoulder_tilt"
    ]
    assert f"+{shoulder.value:.1f} <small>±{shoulder.u95:.1f}</small>" in html


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (["stickers"] * 4, ["Lengths by the printed size of the stickers."]),
        ([""] * 4, ["By what lengths were scaled is not told."]),
        (["laser"] * 4, ["By what lengths were scaled is not told."]),
        (
            ["stature", "calibration", "stature", "stature"],
            ["Lengths by the stature that was told.", "Lengths by the calibrated scale."],
        ),
    ],
)  # fmt: skip
def test_lengths_say_by_what_they_were_scaled(by, said):
    visit = screening()
    views = tuple(replace(seen, scale_by=b) for seen, b in zip(visit.views, by, strict=True))
    text = text_of(page(replace(visit, views=views), NORMS, words("en")))
    assert [text.count(line) for line in said] == [1] * len(said)
    assert (f"{words('en')('views', views[1].view)}: {said[-1]}" in text) == (len(said) == 2)


def test_a_view_without_lengths_says_nothing_of_scales():
    visit = screening()
    views = tuple(
        replace(seen, measures=tuple(m for m in seen.measures if m.unit != "mm"))
        for seen in visit.views
    )
    text = text_of(page(replace(visit, views=views), NORMS, words("en")))
    assert "Lengths by" not in text
    assert "not told" not in text


def test_a_change_is_told_in_words():
    then = screening(replace(PERSON, shoulder_tilt_deg=-24.0), at="2026-05-01T08:00:00Z")
    html = page(screening(before=(then,)), NORMS, words("en"))
    changed = re.search(r"<tr><td>Shoulder tilt.*?</tr>", html, re.DOTALL).group()
    same = re.search(r"<tr><td>Ankle line.*?</tr>", html, re.DOTALL).group()
    assert "<b>" in changed
    assert ">changed<" in changed
    assert ">changed<" not in same
    assert ">not changed<" in same or ">cannot tell<" in same
    assert "<svg" in changed


def test_the_flag_comes_with_its_weakness_and_pain_comes_first():
    painful = [replace(m, value=0.0) if m.code == "fms_deep_squat" else m for m in scores()]
    text = text_of(page(screening(scores=tuple(painful)), NORMS, words("en")))
    assert "25 to 54 %" in text
    assert text.index("Something hurt") < text.index("Begin with the movements")


def test_an_open_sheet_has_no_total():
    refused = [
        replace(m, value=None, quality=Quality.REFUSED, why=("not_done:deep_squat",))
        if m.code in ("fms_deep_squat", "fms_total")
        else m
        for m in scores()
    ]
    text = text_of(page(screening(scores=tuple(refused)), NORMS, words("en")))
    assert "No total" in text
    assert "not done" in text


def test_a_visit_that_measured_nothing_is_a_page_of_reasons():
    measures = refuse(COCO_17, "front", ("two_people",))
    visit = replace(screening(), views=(ReportedView("front", measures, {}, 0, 40, 0.0, "camera"),))
    text = text_of(page(visit, NORMS, words("en")))
    assert "a second person : " in text
    assert "No figure in this result" in text


def test_what_comes_from_outside_cannot_write_html():
    strange = "<script>alert(1)</script>"
    measure = Measure(strange, 1.0, strange, 0.1, 1.0, Quality.OK, view="front")
    visit = replace(
        screening(), person=strange, station=strange, consent=strange, models=(strange,),
        views=(ReportedView("front", (measure,), {strange: (0, 0)}, 1, 1, 0.5, "file"),),
    )  # fmt: skip
    assert "<script" not in page(visit, NORMS, words("en"))
    assert "<script" not in picture(visit, words("en"))


def test_the_picture_is_well_formed_and_shows_plumb_line_arcs_and_values():
    root = ET.fromstring(picture(screening(), words("en")))  # noqa: S314 - our own
    classes = [e.get("class", "") for e in root.iter()]
    assert classes.count("plumb") == 4
    assert any(c.startswith("arc") for c in classes)
    assert any(e.text == "+4.2°" for e in root.iter() if e.text)
    assert not [e for e in root.iter() if e.tag.endswith("image")]


def test_the_craniovertebral_angle_is_drawn_from_c7_to_the_ear():
    figure = {"C7": (-60, -850), "right_ear": (0, -920), "right_ankle": (0, 0)}
    angle = Measure("craniovertebral_angle", 49.4, "deg", 1.0, 1.0, Quality.OK, view="right")
    drawn = picture(
        replace(screening(), views=(ReportedView("right", (angle,), figure, 1, 1, 0.9, "camera"),)),
        words("en"),
    )
    assert "+49.4°" in drawn
    assert 'class="arc ok"' in drawn


def test_the_figure_is_of_stature_and_from_between_the_ankles():
    figure = figure_of(seen("front"))
    left, right = figure["left_ankle"], figure["right_ankle"]
    assert abs(left[0] + right[0]) <= 1
    assert -1000 < figure["left_eye"][1] < -880
    assert figure["left_shoulder"][0] > 0 > figure["right_shoulder"][0]


def test_nobody_has_no_figure():
    assert figure_of(pose_of({})) == {}


def test_a_screening_hands_the_figure_on_with_its_measures():
    frame = Frame(np.full((1920, 1080, 3), 128, np.uint8), 0, 0, still=True)
    pose = seen("front", sigma_px=1.0)
    protocol = Screening(ScreeningSettings(), "photos", ())
    assert protocol.observe(frame, [pose]).figure == figure_of(pose)
    assert protocol.observe(frame, []).figure == {}


def test_an_unknown_language_is_refused_with_those_there_are():
    with pytest.raises(SettingsInvalid) as refusal:
        words("tlh")
    assert "ja" in refusal.value.remedy


def full():
    """Everything a page can hold: four views, spine, sway, trend, movements."""
    spine = pose_of(SPINE, skeleton=SPINE_5, sigma_px=0.3)
    visit = screening(scores=scores(), consent="2026-2")
    swayed = tuple(
        Measure(m.code, 1.2, "%H", 0.3, 9.0, Quality.OK, view="front")
        for m in sway([0.0], [seen("front")], "front")
    )
    views = (
        replace(visit.views[0], measures=visit.views[0].measures + swayed),
        replace(visit.views[1], measures=visit.views[1].measures + assess(spine, "right", SCALED)),
        *visit.views[2:],
    )
    visit = replace(visit, views=views)
    return replace(visit, before=(replace(visit, screened_at="2026-01-01T00:00:00Z"),) * 3)


def uploaded():
    """The longest that an upload gives: many points moved in each view, and what was told."""
    visit = full()
    moved = dict.fromkeys(COCO_17.keypoints, (1.0, 2.0))
    views = tuple(
        replace(
            view,
            origin="upload",
            scale_by="stature",
            by_hand=HandSet(moved, "op-1", visit.screened_at),
        )
        for view in visit.views
    )
    before = tuple(replace(each, views=views) for each in visit.before)
    who = Who(34.0, "female")
    models = (*visit.models, "whole 1.0.0", "close 1.0.0")
    return replace(visit, person="P" * 64, who=who, models=models, views=views, before=before)


@pytest.mark.browser
@pytest.mark.parametrize("longest", [full, uploaded])
def test_the_fullest_page_prints_on_one_sheet_in_every_language(browser, tmp_path, longest):
    pages = []
    for language in LANGUAGES:
        html = page(longest(), NORMS, words(language))
        body = html[html.index("<body") + 5 : html.index("</body>")]
        pages.append(f'<div class="sheet" lang="{LANGUAGES[language]}"{body}</div>')
    head = html[html.index("<style>") : html.index("</head>")]
    breaks = "<style>.sheet + .sheet { break-before: page; }</style>"
    file, printed = tmp_path / "pages.html", tmp_path / "pages.pdf"
    file.write_text(f'<meta charset="utf-8">{head}{breaks}{"".join(pages)}', encoding="utf-8")
    subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
         "--no-pdf-header-footer", f"--user-data-dir={tmp_path}",
         f"--print-to-pdf={printed}", file.as_uri()],
        check=True, capture_output=True, timeout=90,
    )  # fmt: skip
    count = re.search(rb"/Count (\d+)", printed.read_bytes()).group(1)
    assert int(count) == len(LANGUAGES)


def shoulder_change(html):
    """The last cell of the row of shoulder tilt."""
    row = re.search(r"<tr><td>Shoulder tilt.*?</tr>", html, re.DOTALL).group()
    return row.rsplit("<td", 1)[1]


def compared(now, then):
    before = screening(replace(PERSON, shoulder_tilt_deg=-4.0), origin=then)
    return page(screening(before=(before,), origin=now), NORMS, words("en"))


@pytest.mark.parametrize("now", ORIGINS)
@pytest.mark.parametrize("then", ORIGINS)
def test_a_trend_never_mixes_sources_and_the_unknown_stay_with_the_cameras_marked(now, then):
    html = compared(now, then)
    text = text_of(html)
    together = now == then or {now, then} == {"camera", "unknown"}
    assert ('class="trend"' in html) is together
    assert ("another kind of source are not compared" in text) is not together
    if together:
        assert ("°" in shoulder_change(html)) is ("unknown" in (now, then))
        assert ("° The trend holds" in text) is ("unknown" in (now, then))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("origin", ORIGINS)
def test_a_page_says_plainly_what_is_no_live_camera(origin, language):
    texts = words(language)
    visit = screening(origin=origin, before=(screening(origin=origin),))
    html, svg = page(visit, NORMS, texts), picture(visit, texts)
    if origin == "camera":
        assert 'class="origin' not in html
        return
    assert texts("origin_notes", origin) in html
    label = texts("origins", origin)
    assert f"{texts('views', 'front')} ({label})" in svg
    assert f"{texts('page', 'change')} ({label})" in html, "the trend bears the mark too"


def test_scores_bear_their_own_source():
    html = page(screening(scores=scores(), scores_origin="file"), NORMS, words("en"))
    assert "Seven movements (recorded)" in html
    assert "Seven movements (" not in page(
        screening(scores=scores(), scores_origin="camera"), NORMS, words("en")
    )
