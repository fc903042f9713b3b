"""People who stand still before a station for a whole hold, measured as it measures them.

The pictures of one test body are shown over and over, as a camera would, to the screening of the
product: it finds, follows and holds the person, keeps the best frames and looks at them closely.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
from posture_tools.cli import tracked
from posture_tools.evaluate.angle_error import Reading, error_of
from posture_tools.evaluate.bodies import ALL, Row, truths
from posture_tools.evaluate.body_pack import Body, by_person
from posture_tools.evaluate.body_truth import Truth, in_picture
from posture_tools.evaluate.contenders import Contender, WholePictures
from posture_tools.evaluate.views import VIEWS

from edge.errors import ModelRefused, SettingsInvalid
from edge.estimation.estimator import Estimator, Measurer
from edge.records import Frame, Measure
from edge.screening.admission import Admission
from edge.screening.order import OrderBox
from edge.screening.screening import Screening
from edge.settings import ScreeningSettings
from edge.wire.order import Inputs, Order

_FRAMES_PER_S = 6.0
_SETTINGS = ScreeningSettings(repeats=1)
_LASTS_S = 2.0 * (_SETTINGS.settle_s + _SETTINGS.hold_s)


def examine(contenders: Sequence[Contender], bodies: Sequence[Body], quiet: bool) -> list[Row]:
    """Hold everybody once before every contender; the truth is the mean of the pictures'.

    Who is not captured counts as refused. It is told what people wear, as an operator would.

    Raises
    ------
    SettingsInvalid : nobody has several pictures. ImageUnreadable : a picture that is damaged.
    ModelRefused : a contender that finds nobody by itself.
    """
    stations = {}
    for contender in contenders:
        if not isinstance(contender, WholePictures):
            raise ModelRefused(
                f"{contender.name} finds nobody by itself.",
                "Name FINDER.onnx+WHOLE.onnx+CLOSE.onnx.",
            )
        stations[contender.name] = contender.estimator
    holds = [frames for frames in by_person(bodies) if len(frames) > 1]
    if not holds:
        raise SettingsInvalid(
            "of nobody in these packs are there several pictures.",
            "Make some: python -m posture_tools.bodies exam --frames 6.",
        )
    groups: dict[tuple[str, str, str], list[Reading]] = defaultdict(list)
    units: dict[str, str] = {}
    for frames in tracked(holds, "holding", quiet=quiet):
        shown = [body.read() for body in frames]
        exact = [
            in_picture(body, body.calibration(picture))
            for body, picture in zip(frames, shown, strict=True)
        ]
        for name, estimator in stations.items():
            measured = {m.code: m for m in hold(estimator, frames[0], shown)}
            for code, (true, unit) in _truth(frames, measured, exact).items():
                units[code] = unit
                reading = Reading.of(true, measured.get(code))
                groups[name, frames[0].view, code].append(reading)
    return [
        Row(name, view, ALL, ALL, error_of(code, units[code], readings))
        for (name, view, code), readings in sorted(
            groups.items(), key=lambda g: (list(stations).index(g[0][0]), VIEWS.index(g[0][1]))
        )
    ]


def hold(estimator: Estimator, body: Body, shown: Sequence[Frame]) -> Sequence[Measure]:
    """What a station with a calibrated lens measures of somebody who stands there; nothing where
    it captures nobody. shown : the pictures of the body."""
    with TemporaryDirectory() as folder:
        screening = Screening(
            _SETTINGS, "rendered", estimator.models,
            calibration=body.calibration(shown[0]),
            admission=Admission("asked", _ordered(Path(folder), body)),
            measurer=estimator if isinstance(estimator, Measurer) else None,
        )  # fmt: skip
        order = np.random.default_rng(0)
        for i in range(round(_LASTS_S * _FRAMES_PER_S)):
            picture = shown[int(order.integers(len(shown)))]
            frame = replace(
                picture, frame_id=i, captured_ns=round(i / _FRAMES_PER_S * 1e9), still=False
            )
            done = screening.observe(frame, estimator.estimate(frame))
            if done is not None:
                return done.measures if done.view == body.view else ()
    return ()


def _ordered(folder: Path, body: Body) -> OrderBox:
    """An operator's order, which tells what the person wears."""
    box = OrderBox(folder)
    inputs = Inputs(clothing_upper=body.clothing_upper, clothing_lower=body.clothing_lower)
    box.put(msgspec.json.encode(Order("rendered", "1", inputs)))
    return box


def _truth(
    frames: Sequence[Body], measured: Mapping[str, Measure], exact: Sequence[Truth]
) -> dict[str, tuple[float, str]]:
    """exact : of each picture."""
    of_frames = [truths(body, measured, of) for body, of in zip(frames, exact, strict=True)]
    shared = set.intersection(*(set(of_frame) for of_frame in of_frames))
    return {
        code: (fmean(of_frame[code][0] for of_frame in of_frames), of_frames[0][code][1])
        for code in shared
    }
