"""What a smaller copy of a model costs in accuracy and gains in time, on the same photographs."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import numpy as np
from posture_tools.evaluate.contenders import Contender, CropOptions
from posture_tools.evaluate.labelled import Detection, Person
from posture_tools.evaluate.named import contenders
from posture_tools.evaluate.scores import Sight, assign, person_oks
from posture_tools.models.subjects import Subject, as_label


class Cost(msgspec.Struct, frozen=True):
    """Both files on the same people, a photograph at a time, one after the other.

    agreement_oks : mean OKS of the copy's answers, the original's taken for the truth.
    float_ms, int8_ms : median processor time of one call, picture to keypoints, on one thread.
    float_oks, int8_oks : mean OKS of labelled people; None without labels.
    """

    photographs: int
    people: int
    agreement_oks: float
    float_ms: float
    int8_ms: float
    float_oks: float | None = None
    int8_oks: float | None = None

    def measured(self) -> dict[str, float | str]:
        """The result as figures of the copy's description."""
        figures: dict[str, float | str] = {
            "people": self.people,
            "oks_with_float_as_truth": round(self.agreement_oks, 4),
        }
        if self.float_oks is not None and self.int8_oks is not None:
            figures |= {
                "mean_oks": round(self.int8_oks, 4),
                "mean_oks_float": round(self.float_oks, 4),
            }
        return figures


def cost(original: Path, copy: Path, subjects: list[Subject], *, labelled: bool) -> Cost:
    """Ask both for all people of the subjects.

    Raises
    ------
    ModelRefused : one of them does not serve, or is not for finding keypoints.
    """
    # Each in a list of its own: files may be called the same.
    whole, small = (_contender(path) for path in (original, copy))
    agreement: list[float] = []
    true: dict[str, list[float]] = {"float": [], "int8": []}
    ms: dict[str, list[float]] = {"float": [], "int8": []}
    for subject in subjects:
        sights = []
        for name, contender in (("float", whole), ("int8", small)):
            began_s = time.process_time()
            sight = contender.see(subject.frame, subject.people)
            taken_ms = (time.process_time() - began_s) * 1e3
            if sight.elapsed_ms:
                ms[name].append(taken_ms / len(sight.elapsed_ms))
            true[name] += [person_oks(p, d) for p, d in _given(sight)]
            sights.append(sight)
        agreement += _agreement(*sights)
    float_ms, int8_ms = (float(np.median(times)) for times in ms.values())
    float_oks, int8_oks = (float(np.mean(each)) if labelled else None for each in true.values())
    return Cost(
        photographs=len(subjects),
        people=len(true["float"]),
        agreement_oks=float(np.mean(agreement)) if agreement else float("nan"),
        float_ms=float_ms,
        int8_ms=int8_ms,
        float_oks=float_oks,
        int8_oks=int8_oks,
    )


def _contender(path: Path) -> Contender:
    return contenders([str(path)], CropOptions(margin=None), threads=1)[0]


def _given(sight: Sight) -> list[tuple[Person, Detection | None]]:
    return [
        (person, sight.detections[k] if k >= 0 else None)
        for person, k in zip(sight.people, sight.given, strict=True)
        if person.wanted
    ]


def _agreement(ours: Sight, theirs: Sight) -> list[float]:
    """OKS of the copy's answer for each person whom the original placed."""
    truth = [as_label(d, (0.0, 0.0, 0.0, 0.0)) for d in ours.detections]
    truth = [person for person in truth if person.wanted]
    given = assign(truth, theirs.detections)
    return [
        person_oks(person, theirs.detections[k] if k >= 0 else None)
        for person, k in zip(truth, given, strict=True)
    ]
