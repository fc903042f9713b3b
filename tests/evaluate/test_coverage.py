"""Intervals against labels: noise that was put into labels comes out, and widens what may hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from posture_tools.evaluate.box_change import AS_IT_IS, BoxChange
from posture_tools.evaluate.coverage import ALL, Row, examine, table
from posture_tools.evaluate.labelled import Person
from rich.console import Console
from simulators.dotted_person import DotReader, DottedPicture, standing
from simulators.read_well import accuracy

from edge.errors import LabelsInvalid
from edge.records import Frame, Pose
from edge.skeletons import COCO_17

PEOPLE = 120
LABEL_PX = 1.5
SHOULDERS_PX = 90.0
# Shoulders of which each end is off by that much, as a tilt.
LABEL_DEG = float(np.degrees(2**0.5 * LABEL_PX / SHOULDERS_PX))


@dataclass(frozen=True, eq=False)
class Mislabelled(DottedPicture):
    """Labelled by a hand that is off by some pixels."""

    seed: int = 0

    @property
    def people(self) -> tuple[Person, ...]:
        keypoints = self.person.keypoints.copy()
        off = np.random.default_rng(self.seed).normal(0.0, LABEL_PX, (17, 2))
        keypoints[:, :2] += off
        return (replace(self.person, keypoints=keypoints),)


class Network(DotReader):
    """Sees the dots, with an error of its own in every point, and states a deviation in deg."""

    def __init__(self, name: str, px: float, seed: int, sd_deg: float, turned_px: float = 0.0):
        super().__init__(name)
        self._px, self._rng, self._turned_px = px, np.random.default_rng(seed), turned_px
        self._accuracy = accuracy(sd=sd_deg)

    def locate(self, frame: Frame, person: Person, change: BoxChange = AS_IT_IS) -> Pose:
        pose = super().locate(frame, person, change)
        assert pose is not None
        keypoints = pose.keypoints.copy()
        keypoints[:, :2] += self._rng.normal(0.0, self._px, (len(keypoints), 2))
        keypoints[COCO_17.index["left_shoulder"], 1] += self._turned_px
        return replace(pose, keypoints=keypoints, accuracy=self._accuracy)


PICTURES = [Mislabelled(standing("front"), name=f"{i}.png", seed=i) for i in range(PEOPLE)]
THIRD = Network("third", 1.0, 8, 1.0)


def told(network: Network) -> dict[str, Row]:
    found = examine(network, THIRD, PICTURES, quiet=True)
    assert {row.view for row in found} == {"front"}
    return {row.measure: row for row in found}


def test_the_labels_own_noise_is_told_and_added_to_honest_intervals() -> None:
    row = told(Network("honest", 0.5, 7, LABEL_DEG / 3))["shoulder_tilt"]
    assert row.people == PEOPLE
    assert row.refused == 0
    assert row.label_sd == pytest.approx(LABEL_DEG, rel=0.25)
    assert 0.9 <= row.covered <= 1.0


def test_a_network_that_turns_every_shoulder_line_is_not_held() -> None:
    found = told(Network("turned", 0.5, 7, LABEL_DEG / 3, turned_px=20.0))
    assert found["shoulder_tilt"].covered < 0.1
    assert 0.0 < found[ALL].covered < 1.0
    assert found[ALL].people == sum(r.people for code, r in found.items() if code != ALL)


def test_who_is_read_too_seldom_has_no_row_and_nobody_known_is_refused() -> None:
    few = examine(Network("honest", 0.5, 7, 1.0), THIRD, PICTURES[:7], quiet=True)
    assert few == []
    with pytest.raises(LabelsInvalid, match="view known"):
        examine(THIRD, THIRD, [DottedPicture(standing("unknown"))], quiet=True)


def test_a_person_reads_what_was_held() -> None:
    console = Console(width=120, record=True)
    console.print(table(examine(Network("honest", 0.5, 7, 1.0), THIRD, PICTURES[:40], quiet=True)))
    shown = console.export_text()
    assert "shoulder_tilt" in shown
    assert "labels' deviation" in shown
