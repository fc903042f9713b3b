"""Average precision and recall over object keypoint similarity, as COCO defines them.

The rules are those of `cocoeval.py` (iouType `keypoints`), with its quirks, so that figures can be
laid beside published ones: greedy matching from the most confident detection down, a real person
before an ignored one, 101-point interpolated precision, at most 20 detections a photograph.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from posture_tools.evaluate.labelled import Detection, Float64, Person
from posture_tools.evaluate.oks import COCO_SIGMAS, similarity

OKS_THRESHOLDS: Float64 = np.linspace(0.50, 0.95, 10)
RECALL_LEVELS: Float64 = np.linspace(0.0, 1.0, 101)
MAX_DETECTIONS = 20
AREAS_PX2 = {"all": (0.0, 1e10), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}

Photograph = tuple[Sequence[Person], Sequence[Detection]]


@dataclass(frozen=True, slots=True)
class AveragePrecision:
    """COCO's ten keypoint figures, 0..1; NaN where no person of that size is labelled."""

    ap: float
    ap50: float
    ap75: float
    ap_medium: float
    ap_large: float
    ar: float
    ar50: float
    ar75: float
    ar_medium: float
    ar_large: float


@dataclass(frozen=True, slots=True, eq=False)
class _Outcome:
    """What became of one photograph's detections, best score first, at every threshold.

    hit, ignored : bool (thresholds, detections); an ignored one is neither right nor wrong.
    wanted : number of people who should have been found.
    """

    scores: Float64
    hit: NDArray[np.bool_]
    ignored: NDArray[np.bool_]
    wanted: int


def average_precision(
    photographs: Iterable[Photograph], sigmas: Float64 = COCO_SIGMAS
) -> AveragePrecision:
    """Score the detections of many photographs.

    Detections of equal score keep the order of the photographs; COCO's own is that of their ids.
    """
    ranked = [_ranked(people, detections, sigmas) for people, detections in photographs]
    precision: dict[str, Float64] = {}
    recall: dict[str, Float64] = {}
    for name, area_px2 in AREAS_PX2.items():
        outcomes = [_outcome(people, found, oks, area_px2) for people, found, oks in ranked]
        precision[name], recall[name] = _accumulate(outcomes)
    at = {round(float(t), 2): i for i, t in enumerate(OKS_THRESHOLDS)}
    return AveragePrecision(
        ap=float(precision["all"].mean()),
        ap50=float(precision["all"][at[0.5]]),
        ap75=float(precision["all"][at[0.75]]),
        ap_medium=float(precision["medium"].mean()),
        ap_large=float(precision["large"].mean()),
        ar=float(recall["all"].mean()),
        ar50=float(recall["all"][at[0.5]]),
        ar75=float(recall["all"][at[0.75]]),
        ar_medium=float(recall["medium"].mean()),
        ar_large=float(recall["large"].mean()),
    )


def _ranked(
    people: Sequence[Person], detections: Sequence[Detection], sigmas: Float64
) -> tuple[Sequence[Person], list[Detection], Float64]:
    """The best detections of a photograph and their similarity (detections, people)."""
    found = sorted(detections, key=lambda d: -d.score)[:MAX_DETECTIONS]
    oks = np.zeros((len(found), len(people)))
    if found:
        keypoints = np.stack([d.keypoints for d in found])
        for g, person in enumerate(people):
            oks[:, g] = similarity(
                keypoints, person.keypoints, person.area_px2, person.box_px, sigmas
            )
    return people, found, oks


def _outcome(
    people: Sequence[Person],
    found: Sequence[Detection],
    oks: Float64,
    area_px2: tuple[float, float],
) -> _Outcome:
    low, high = area_px2
    ignored = np.array([not (p.wanted and low <= p.area_px2 <= high) for p in people], bool)
    crowd = np.array([p.crowd for p in people], bool)
    outside = np.array([not low <= d.area_px2 <= high for d in found], bool)
    match = np.array([_match(oks, ignored, crowd, t) for t in OKS_THRESHOLDS], int)
    match = match.reshape(len(OKS_THRESHOLDS), len(found))
    hit = match >= 0
    absorbed = np.append(ignored, False)[match]  # index -1, no match, reads the False
    return _Outcome(
        scores=np.array([d.score for d in found], float),
        hit=hit,
        ignored=np.where(hit, absorbed, outside),
        wanted=int(np.count_nonzero(~ignored)),
    )


def _match(
    oks: Float64, ignored: NDArray[np.bool_], crowd: NDArray[np.bool_], threshold: float
) -> list[int]:
    """Index of the person that each detection is given, -1 for none.

    People who count come first: an ignored one is taken only if none of the others will do.
    """
    order = np.argsort(ignored, kind="stable").tolist()
    taken = np.zeros(len(ignored), bool)
    match: list[int] = []
    for row in oks:
        best, best_oks = -1, min(threshold, 1 - 1e-10)
        for g in order:
            if taken[g] and not crowd[g]:
                continue
            if best >= 0 and not ignored[best] and ignored[g]:
                break
            if row[g] >= best_oks:
                best, best_oks = g, row[g]
        if best >= 0:
            taken[best] = True
        match.append(best)
    return match


def _accumulate(outcomes: Sequence[_Outcome]) -> tuple[Float64, Float64]:
    """Average precision and final recall at each threshold, (thresholds,) each."""
    count = len(OKS_THRESHOLDS)
    wanted = sum(o.wanted for o in outcomes)
    if wanted == 0:
        return np.full(count, np.nan), np.full(count, np.nan)
    order = np.argsort(-np.concatenate([o.scores for o in outcomes]), kind="stable")
    hit = np.concatenate([o.hit for o in outcomes], axis=1)[:, order]
    counts = ~np.concatenate([o.ignored for o in outcomes], axis=1)[:, order]
    right = np.cumsum(hit & counts, axis=1, dtype=float)
    wrong = np.cumsum(~hit & counts, axis=1, dtype=float)
    recall = right / wanted
    precision = right / (right + wrong + np.spacing(1))
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    average = np.empty(count)
    for t in range(count):
        at = np.searchsorted(recall[t], RECALL_LEVELS, side="left")
        average[t] = np.append(envelope[t], 0.0)[at].mean()  # levels never reached score 0
    return average, recall[:, -1] if recall.shape[1] else np.zeros(count)
