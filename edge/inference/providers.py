"""What runs a network: the processor everywhere, CUDA or TensorRT where this onnxruntime has them.

Wheels of PyPI for ARM have the processor alone; NVIDIA's for Jetson have all three. A TensorRT
engine takes minutes to build and fits one model file, one TensorRT and one onnxruntime, so these
three name its folder, and an engine of another TensorRT is never loaded. `posture-station warmup`
builds it, at installation and after an update; until it is there, CUDA serves.

Not tried on a Jetson: no such board was at hand.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any, Literal

import onnxruntime

from edge.errors import PartMissing

Accelerator = Literal["auto", "cpu", "cuda", "tensorrt"]
Provider = str | tuple[str, dict[str, Any]]

CPU, CUDA, TENSORRT = (f"{name}ExecutionProvider" for name in ("CPU", "CUDA", "Tensorrt"))
_BUILT = "built"  # the file that says that an engine was finished


def available() -> tuple[str, ...]:
    """What this onnxruntime was built with, best first."""
    built_with = onnxruntime.get_available_providers()
    return tuple(name for name in (TENSORRT, CUDA, CPU) if name in built_with)


def choices(asked: Accelerator, sha256: str) -> list[list[Provider]]:
    """Lists of providers to try for a model file, the one to prefer first.

    auto : TensorRT where its engine is built, else CUDA, else the processor; each one that cannot
        open the file gives way to the next. The others: that one, or none.

    Raises
    ------
    PartMissing : this onnxruntime lacks what is asked for.
    """
    here = available()
    wanted = {"cpu": CPU, "cuda": CUDA, "tensorrt": TENSORRT}.get(asked)
    if wanted is not None:
        if wanted not in here:
            raise PartMissing(
                f"onnxruntime {onnxruntime.__version__} of this machine has no {wanted}.",
                "Install NVIDIA's onnxruntime-gpu of your JetPack in place of onnxruntime, or set "
                "models.accelerator = 'auto'.",
            )
        return [_with_fallback(wanted, sha256)]
    fit = [name for name in here if name != TENSORRT or is_built(sha256)]
    return [_with_fallback(name, sha256) for name in fit]


def engine_folder(sha256: str) -> Path:
    """Where the TensorRT engine of a model file lies, or would."""
    cache = os.environ.get("CACHE_DIRECTORY") or Path.home() / ".cache" / "posture-station"
    versions = f"ort{onnxruntime.__version__}-trt{_tensorrt_version()}"
    return Path(cache) / "engines" / f"{sha256[:16]}-{versions}"


def is_built(sha256: str) -> bool:
    return (engine_folder(sha256) / _BUILT).exists()


def mark_built(sha256: str) -> None:
    """The engine has answered its golden vectors: from now on it serves."""
    (engine_folder(sha256) / _BUILT).touch()


def _with_fallback(name: str, sha256: str) -> list[Provider]:
    """A provider with those that take the operators it lacks."""
    if name == CPU:
        return [CPU]
    cuda: Provider = (CUDA, {"use_tf32": 0})  # its 10 bits of mantissa move sub-pixel maxima
    if name == CUDA:
        return [cuda, CPU]
    folder = engine_folder(sha256)
    folder.mkdir(parents=True, exist_ok=True)
    tensorrt = (
        TENSORRT,
        {
            "trt_engine_cache_enable": True,
            "trt_engine_cache_path": str(folder),
            "trt_timing_cache_enable": True,
            "trt_timing_cache_path": str(folder),
        },
    )
    return [tensorrt, cuda, CPU]


def _tensorrt_version() -> int:
    """TensorRT's version as its library tells it (100300 is 10.3.0); 0 where there is none."""
    for name in ("libnvinfer.so.10", "libnvinfer.so.8"):
        try:
            return int(ctypes.CDLL(name).getInferLibVersion())
        except OSError:
            continue
    return 0
