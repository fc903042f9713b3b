"""AP and AR against pycocotools, the reference: equal to 1e-6 whatever the scene."""

from __future__ import annotations

import contextlib
import io
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posture_tools.evaluate.average_precision import AveragePrecision, average_precision
from posture_tools.evaluate.coco import read_labels, read_results
from posture_tools.evaluate.labelled import Detection, Person
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

KEYPOINT_NAMES = [str(i) for i in range(17)]


def reference(labels: dict[str, Any], results: list[dict[str, Any]]) -> list[float]:
    """The ten figures of pycocotools, -1 as NaN."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = labels
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [math.nan if x == -1 else float(x) for x in evaluation.stats]


def agree(ours: AveragePrecision, theirs: list[float]) -> None:
    # COCO's order: AP, AP50, AP75, AP medium, AP large, then the same of AR: that of our fields.
    np.testing.assert_allclose(_fields(ours), theirs, atol=1e-6, equal_nan=True)


def _fields(figures: AveragePrecision) -> list[float]:
    return [getattr(figures, name) for name in AveragePrecision.__slots__]


def scene(seed: int, images: int, crowding: int, noise: float) -> tuple[dict, list]:
    """A random data set: crowds, unlabelled people, duplicates, ghosts, equal scores."""
    rng = np.random.default_rng(seed)
    annotations, results = [], []
    for image_id in range(1, images + 1):
        for _ in range(rng.integers(0, crowding + 1)):
            size = float(rng.choice([20.0, 60.0, 200.0]) * rng.uniform(0.7, 1.4))
            corner = rng.uniform(0, 400, 2)
            points = corner + rng.uniform(0, size, (17, 2))
            v = rng.choice([0, 1, 2], 17, p=[0.2, 0.2, 0.6])
            v[:] = 0 if rng.random() < 0.15 else v
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": 1,
                    "keypoints": np.column_stack([points, v]).ravel().tolist(),
                    "num_keypoints": int(np.count_nonzero(v)),
                    "bbox": [*corner.tolist(), size, size],
                    "area": float(size**2 * rng.uniform(0.3, 0.7)),
                    "iscrowd": int(rng.random() < 0.1),
                }
            )
            for _ in range(rng.integers(0, 3)):
                found = points + rng.normal(0, noise * size, (17, 2))
                results.append(result(image_id, found, rng.integers(0, 6) / 5))
        for _ in range(rng.integers(0, 3)):
            ghost = rng.uniform(0, 400, (17, 2))
            results.append(result(image_id, ghost, rng.integers(0, 6) / 5))
    rng.shuffle(results)
    labels = {
        "info": {},
        "images": [
            {"id": i, "file_name": f"{i}.jpg", "width": 500, "height": 500}
            for i in range(1, images + 1)
        ],
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person", "keypoints": KEYPOINT_NAMES, "skeleton": []}],
    }
    return labels, results


def result(image_id: int, points: np.ndarray, score: float) -> dict[str, Any]:
    keypoints = np.column_stack([points, np.ones(len(points))]).ravel().tolist()
    return {"image_id": image_id, "category_id": 1, "keypoints": keypoints, "score": float(score)}


def ours(folder: Path, labels: dict[str, Any], results: list[dict[str, Any]]) -> AveragePrecision:
    """Through the files, as a user would."""
    (folder / "labels.json").write_bytes(msgspec.json.encode(labels))
    (folder / "results.json").write_bytes(msgspec.json.encode(results))
    images = read_labels(folder / "labels.json")
    found = read_results(folder / "results.json", images)
    return average_precision((i.people, found[i.image_id]) for i in images)


@given(
    seed=st.integers(0, 2**32 - 1),
    images=st.integers(1, 8),
    crowding=st.integers(1, 6),
    noise=st.sampled_from([0.0, 0.02, 0.05, 0.1]),
)
@settings(max_examples=80, deadline=None)
def test_c9_random_scenes_agree_with_pycocotools(
    tmp_path_factory: pytest.TempPathFactory, seed: int, images: int, crowding: int, noise: float
) -> None:
    labels, results = scene(seed, images, crowding, noise)
    if results:  # pycocotools cannot load an empty list
        folder = tmp_path_factory.mktemp("scene")
        agree(ours(folder, labels, results), reference(labels, results))


def test_more_than_twenty_detections_in_a_photograph(tmp_path: Path) -> None:
    labels, _ = scene(seed=3, images=2, crowding=4, noise=0)
    rng = np.random.default_rng(4)
    results = [
        result(a["image_id"], np.reshape(a["keypoints"], (17, 3))[:, :2] + rng.normal(0, 4, 2), s)
        for a in labels["annotations"]
        for s in rng.uniform(0, 1, 15)
    ]
    agree(ours(tmp_path, labels, results), reference(labels, results))


@pytest.mark.shared
def test_real_labels_agree_with_pycocotools(shared: Path, tmp_path: Path) -> None:
    labels = msgspec.json.decode((shared / "photos/coco_kp/annotations.json").read_bytes())
    rng = np.random.default_rng(7)
    results = []
    for a in labels["annotations"]:
        k = np.reshape(a["keypoints"], (17, 3)).astype(float)
        spread = 0.08 * np.sqrt(a["area"]) * rng.uniform(0, 2)
        points = np.where(k[:, 2:] > 0, k[:, :2], a["bbox"][:2]) + rng.normal(0, spread, (17, 2))
        results += [result(a["image_id"], points + d, rng.random()) for d in (0, 3)]
    figures = ours(tmp_path, labels, results)
    agree(figures, reference(labels, results))
    assert 0.1 < figures.ap < 0.9  # neither all nor nothing, or the comparison says little


def test_nobody_labelled_has_no_precision() -> None:
    ghost = Detection(np.zeros((17, 2)), 0.9)
    figures = average_precision([((), (ghost,))])
    assert math.isnan(figures.ap)
    assert math.isnan(figures.ar)


def test_nobody_found_scores_nothing() -> None:
    person = Person(np.ones((17, 3)), 2000.0, (0, 0, 40, 100))
    figures = average_precision([((person,), ())])
    assert (figures.ap, figures.ar, figures.ap_medium) == (0, 0, 0)
    assert math.isnan(figures.ap_large)


def test_keypoints_that_were_not_found_do_not_spoil_the_others() -> None:
    points = np.random.default_rng(0).uniform(0, 100, (17, 2))
    person = Person(np.column_stack([points, np.full(17, 2)]), 5000.0, (0, 0, 100, 100))
    found = points.copy()
    found[0] = np.nan
    figures = average_precision([((person,), (Detection(found, 0.9),))])
    assert figures.ap50 == pytest.approx(1)
    assert figures.ap == pytest.approx(0.9)  # OKS 16/17 = .941 passes nine of ten thresholds
