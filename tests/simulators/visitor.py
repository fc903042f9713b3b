"""A person who follows the station's prompts, seen as poses: what a visit is like without pictures.

Steps between two captures, turns when asked to, never in a hurry. Keypoints scatter as a network's.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import cv2
import numpy as np
from simulators.standing_person import Person, pose_of, scores_seen, seen

from edge.records import Assessment, Frame, ModelIdentity, Pose
from edge.screening.screening import Screening
from edge.settings import ScreeningSettings

_BLOCKS = np.random.default_rng(0).integers(0, 255, (24, 14, 3)).astype(np.uint8)
SHARP = cv2.resize(_BLOCKS, (1080, 1920), interpolation=cv2.INTER_NEAREST)
MODELS = (ModelIdentity("net", "1", "0" * 64),)
VIEWS = ("front", "right", "back", "left")
_TURN_S, _STEP_S = 2.0, 1.5


class Visitor:
    """settings : over the defaults. options : further arguments of `Screening`."""

    def __init__(self, fps: float = 10.0, person: Person | None = None, **options) -> None:
        codes = (f"visit-{i}" for i in itertools.count(1))
        self.screening = Screening(
            ScreeningSettings(**options.pop("settings", {})),
            "camera", MODELS, new_session=lambda: next(codes), **options,
        )  # fmt: skip
        self.assessments: list[Assessment] = []
        self.prompts: list[str] = []
        self.person = person or Person()
        self.image = SHARP
        self._rng = np.random.default_rng(1)
        self._fps, self._frame = fps, 0
        self._stance_deg = 0.0

    @property
    def time_s(self) -> float:
        return self._frame / self._fps

    def pass_s(self, seconds: float) -> None:
        """Time passes in which the camera goes on and nobody looks."""
        self._frame += round(seconds * self._fps)

    def show(self, *poses: Pose) -> str:
        """One frame; returns the prompt."""
        noisy = []
        for pose in poses:
            keypoints = pose.keypoints.copy()
            keypoints[:, :2] += self._rng.normal(0.0, 1.0, (len(keypoints), 2))
            noisy.append(replace(pose, keypoints=keypoints))
        frame = Frame(self.image, self._frame, round(self.time_s * 1e9))
        self._frame += 1
        if (assessment := self.screening.observe(frame, noisy)) is not None:
            self.assessments.append(assessment)
        prompt = self.screening.prompt.code
        if prompt not in self.prompts[-1:]:
            self.prompts.append(prompt)
        return prompt

    def for_s(self, seconds: float, *poses: Pose) -> None:
        for _ in range(round(seconds * self._fps)):
            self.show(*poses)

    def stand(self, view: str, seconds: float, **options) -> None:
        self.for_s(seconds, seen(view, self.person, sigma_px=2.0, **options))

    def leave(self, seconds: float = 2.0) -> None:
        self.for_s(seconds)

    def step(self, view: str) -> None:
        """A few steps on the spot: the ankles leave the floor in turn; then a new stance."""
        for i in range(round(_STEP_S * self._fps)):
            pose = seen(view, self.person, sigma_px=2.0)
            points = {
                name: pose.keypoints[k, :2].astype(float) for name, k in pose.skeleton.index.items()
            }
            points["left_ankle" if i % 10 < 5 else "right_ankle"][1] -= 60.0
            self.show(pose_of(points, scores_seen(view), sigma_px=2.0))
        self._stance_deg = float(self._rng.uniform(-2.0, 2.0))

    def follow(self, most_s: float = 300.0) -> None:
        """Do what the prompts say, from the first step onto the marks until all is done."""
        view = "front"
        until_s = self.time_s + most_s
        while self.time_s < until_s:
            prompt = self.show(seen(view, self.person, sigma_px=2.0, yaw_deg=self._stance_deg))
            if prompt == "done":
                return
            if prompt == "step":
                self.step(view)
            if prompt.startswith("turn_") and prompt != f"turn_{view}":
                self._turn(view, prompt.removeprefix("turn_"))
                view = prompt.removeprefix("turn_")
        raise AssertionError(f"still asked to {self.prompts[-1]} after {most_s} s")

    def _turn(self, before: str, after: str) -> None:
        start, end = 90.0 * VIEWS.index(before), 90.0 * VIEWS.index(after)
        for share in np.linspace(0.0, 1.0, round(_TURN_S * self._fps)):
            yaw = start + share * (end - start)
            view = VIEWS[round(yaw / 90.0) % 4]
            off = yaw - 90.0 * round(yaw / 90.0)
            self.show(seen(view, self.person, sigma_px=2.0, yaw_deg=off))
