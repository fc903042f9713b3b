"""What a site keeps: the collector's settings, its list of erasures; and labels to compare with."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from posture_tools.collector.erasure_list import Erasure, ErasureList
from posture_tools.collector.site.site import load as load_site
from posture_tools.collector.worker_settings import load_worker_settings
from posture_tools.evaluate.coco import read_labels, read_results
from posture_tools.evaluate.ratings import limits, read_measurements, read_ratings

from edge.errors import PostureError
from edge.wire.codec import encode
from fuzz.kind import JSON, TOML, Files, Kind, is_json, is_toml, one
from fuzz.mutate import damaged

_COLLECTOR = b"""site = "north"
store = "postgresql://collector@db-1.local,db-2.local/posture"
keys = "/etc/posture-collector/keys"
metrics = "127.0.0.1:9465"
[[broker]]
host = "broker-1.local"
port = 8883
tls = true
ca_file = "/etc/posture-collector/ca.pem"
username = "_collector"
password_file = "/etc/posture-collector/collector.password"
keepalive_s = 20
window = 16
"""
_SITE = b'site = "north"\nhosts = ["broker.local", "192.0.2.7"]\nport = 8883\n'
_ERASURE = Erasure("north", "2026-11-27T09:10:00.000Z", ("ab" * 32, "cd" * 32), "ef" * 32)
_RATINGS = (
    b"test,first,second\ndeep_squat,2,3\ndeep_squat,1,1\ndeep_squat,3,2\ndeep_squat,0,0\n"
    b"hurdle_step,2,2\nhurdle_step,3,3\nhurdle_step,1,2\nhurdle_step,2,1\n"
)


def _collector() -> Files:
    return [(".toml", _COLLECTOR), (".site.toml", _SITE)]


def _collector_settings(path: Path) -> None:
    if not path.name.endswith(".site.toml"):
        load_worker_settings(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "site.toml").write_bytes(path.read_bytes())
        load_site(Path(folder))


def _erased(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (lines := Path(folder) / "erasures").write_bytes(path.read_bytes() + b"\n")
        list(ErasureList(lines).entries())


def _labels() -> Files:
    keypoints = [float(n) for n in range(3 * 17)]
    images = [{"id": 7, "file_name": "7.jpg", "width": 64, "height": 48}]
    label = {
        "image_id": 7, "keypoints": keypoints, "area": 900.0, "bbox": [1.0, 2.0, 30.0, 40.0],
        "iscrowd": 0, "category_id": 1,
    }  # fmt: skip
    result = {"image_id": 7, "keypoints": keypoints, "score": 0.8, "category_id": 1}
    labels = {"images": images, "annotations": [label, label], "categories": [{"id": 1}]}
    return [
        (".json", json.dumps(labels).encode()),
        (".results.json", json.dumps([result]).encode()),
    ]


def _compared(path: Path) -> None:
    if not path.name.endswith(".results.json"):
        read_labels(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        (labels := Path(folder) / "labels.json").write_bytes(_labels()[0][1])
        read_results(path, read_labels(labels))


def _rated(path: Path) -> None:
    try:
        read_ratings(path)
    except PostureError:
        limits(read_measurements(path))


def _is_text(data: bytes) -> bool:
    try:
        return data.decode("utf-8-sig").startswith("test,first,second")
    except UnicodeDecodeError:
        return False


SITE = {
    "collector": Kind(1000, _collector, TOML, _collector_settings, is_toml),
    "erasures": Kind(1000, one(".erasures", encode(_ERASURE)), JSON, _erased, is_json),
    "labels": Kind(1000, _labels, JSON, _compared, is_json),
    "ratings": Kind(1000, one(".csv", _RATINGS), (damaged,), _rated, _is_text),
}
