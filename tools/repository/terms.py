"""The signed terms of a model file: read from the file, completed by the publisher."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from edge.errors import ModelRefused
from edge.inference.network import Network
from edge.update.offer import Terms
from edge.wire.clock import utc_ns_of


@dataclass(frozen=True)
class Conditions:
    """What the publisher decides; the rest stands in the file. See edge.update.offer.Terms."""

    slot: str
    latency_ms: float
    ring_percent: int
    min_sw: str | None = None
    max_sw: str | None = None
    not_before: str = ""


def terms_of(path: Path, conditions: Conditions) -> Terms:
    """Terms of a file that has proved itself here.

    Raises
    ------
    ModelRefused : the file does not serve, or its version cannot be compared with others.
    """
    description = Network.load(path).description
    golden = description.golden
    opset = _opset(path)
    if golden is None:
        raise ModelRefused(f"{path} has no golden vectors.", "Describe it again.")
    said = {
        "slot": conditions.slot, "name": description.name, "version": description.version,
        "kind": description.task, "keypoints": description.keypoints,
        "input_px": (description.input.height_px, description.input.width_px),
        "golden": msgspec.to_builtins(golden), "opset": opset,
        "latency_ms": conditions.latency_ms, "bytes": path.stat().st_size,
        "min_sw": conditions.min_sw, "max_sw": conditions.max_sw,
        "ring_percent": conditions.ring_percent, "not_before": conditions.not_before,
    }  # fmt: skip
    try:
        if conditions.not_before:
            utc_ns_of(conditions.not_before)
        return msgspec.convert(said, Terms)
    except ValueError as error:
        raise ModelRefused(
            f"{path} cannot be offered: {error}.",
            "Versions are dotted numbers, not_before is RFC 3339 with a zone.",
        ) from error


def _opset(path: Path) -> int:
    try:
        graph = onnx.load(path, load_external_data=False)
        return max(int(e.version) for e in graph.opset_import if e.domain in ("", "ai.onnx"))
    except (OSError, DecodeError, ValueError) as error:
        raise ModelRefused(
            f"{path} names no operators of ONNX: {error}.", "Export it again."
        ) from error
