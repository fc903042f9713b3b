"""The fullest result of each of four views fits the message limit with 30 % to spare."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.report import results
from posture_tools.collector.sqlite.store import SqliteStore

from edge.accuracy import Accuracy, MeasureAccuracy
from edge.posture.applying import catalogue
from edge.posture.assess import assess
from edge.posture.calibration import Calibration
from edge.posture.stick_figure import figure_of
from edge.posture.sway import SWAY_UNITS
from edge.records import Asked, Assessment, Measure, ModelIdentity, Pose, Quality, View
from edge.results.outbox import Outbox
from edge.skeletons import BODY_55
from edge.wire.codec import BODY_LIMIT_BYTES, decode_message
from edge.wire.result import Consent, Result
from edge.wire.seal import unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

VIEWS: Sequence[View] = [view for view in get_args(View) if view != "unknown"]
MODELS = tuple(
    ModelIdentity(f"{name}-of-a-long-name", "2026.11.27", digit * 64, "single")
    for name, digit in (("finder", "a"), ("whole", "b"), ("close", "c"))
)
DOUBTS = ("turned", "wide_interval", "repeats:2_of_3")


def fullest(view: View) -> Assessment:
    """All of 55 points seen, every measure with its value, both intervals and three doubts."""
    rng = np.random.default_rng(7)
    places = np.column_stack([rng.uniform(300, 800, 55), rng.uniform(100, 1800, 55)])
    keypoints = np.column_stack([places, np.full(55, 0.9)]).astype(np.float32)
    pose = Pose(BODY_55, keypoints, np.full((55, 2, 2), np.nan, np.float32), 0.9)
    measures = [
        Measure(d.code, -123.4567, "mm" if d.unit == "length" else d.unit, 12.3456, 33.3333,
                Quality.LOW, DOUBTS, view, d.side if d.side in ("left", "right") else "",
                d.version, 12.3456)
        for d in catalogue(BODY_55, view)
    ]  # fmt: skip
    measures += [
        Measure(code, 12.3456, unit, 12.3456, 33.3333, Quality.LOW, DOUBTS, view)
        for code, unit in SWAY_UNITS.items()
    ]
    return Assessment(
        "posture", "0123456789abcdef", view, "picamera2:", 1, tuple(measures), 75, 90, 0.4321,
        MODELS, Asked("command", "p" * 64, "v" * 64), figure_of(pose), "camera",
        "bodies-test-2026-11-27-sha256-0123456789abcdef", "2026-11-27 0123456789ab",
        "calibration",
    )  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_it_is_sent_and_leaves_room(view: View, tmp_path: Path) -> None:
    assessment = fullest(view)
    assert len(assessment.figure) == 55
    with Outbox.open(
        tmp_path / "outbox.db", site="s" * 63, station="t" * 63, limit_bytes=10_000_000,
        at_limit="refuse",
    ) as outbox, SqliteStore(tmp_path / "store.db") as store:  # fmt: skip
        outbox.accept(assessment, Consent(123456, "v" * 64))
        (message,) = outbox.pending(2)
        assert len(message.body) <= 0.7 * BODY_LIMIT_BYTES
        store.ingest(
            [examine(Incoming(f"ps/v2/{'s' * 63}/{'t' * 63}/{message.channel}", message.payload))]
        )
        (stored,) = results(store)
        assert [m.code for m in stored.result.measures] == [m.code for m in assessment.measures]


def test_somebody_seen_from_nobody_knows_where_is_refused_in_few_words(tmp_path: Path) -> None:
    """Measures of every view, all refused: for one reason, and for one each."""
    every = list({d.code: d for view in VIEWS for d in catalogue(BODY_55, view)}.values())
    with Outbox.open(
        tmp_path / "outbox.db", site="s" * 63, station="t" * 63, limit_bytes=10_000_000,
        at_limit="refuse",
    ) as outbox:  # fmt: skip
        alike = [("keypoint_missing:left_shoulder",)] * len(every)
        for reasons in (alike, [(f"keypoint_missing:{d.code}",) for d in every]):
            refused = [
                Measure(d.code, None, "mm" if d.unit == "length" else d.unit, None, 1.0,
                        Quality.REFUSED, why, "unknown", "", d.version)
                for d, why in zip(every, reasons, strict=True)
            ]  # fmt: skip
            outbox.accept(replace(fullest("front"), view="unknown", measures=tuple(refused)))
        one, many = (decode_message(unpack(m.payload).body) for m in outbox.pending(3))
    assert isinstance(one, Result)
    assert isinstance(many, Result)
    assert [m.why for m in one.measures] == [("keypoint_missing:left_shoulder",)]
    assert 1 < len({m.why for m in many.measures}) == len(many.measures) < len(every)


def test_a_person_in_loose_clothes_is_refused_in_few_words() -> None:
    """Nothing known of loose clothes: every landmark under them is named, and it still fits."""
    rng = np.random.default_rng(7)
    keypoints = np.column_stack([rng.uniform(300, 800, (55, 2)), np.full(55, 0.9)])
    row = MeasureAccuracy("shoulder_tilt", "front", "bare", 100, 1.0, 0.5)
    pose = Pose(
        BODY_55, keypoints.astype(np.float32), np.full((55, 2, 2), np.nan, np.float32), 0.9,
        accuracy=Accuracy("b", 600.0, (row,)),
    )  # fmt: skip
    for view in VIEWS:
        measures = assess(pose, view, Calibration(mm_per_px=1.0))
        reasons = sum(len(why) + 3 for m in measures for why in m.why)
        assert reasons < 4000, view
