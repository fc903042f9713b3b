"""Golden vectors: a known picture in, known numbers out, on every machine the file serves on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edge.inference.description import Golden, GoldenSample
from edge.records import Uint8

_SAMPLES = 16
# Kernels differ between processors in the order of summation only: 1e-3 of an output's range is
# some hundred times what was seen between thread counts, and far below what decoding can notice.
_TOLERANCE = 1e-3


def golden_picture(seed: int, height_px: int, width_px: int) -> Uint8:
    """BGR (height, width, 3): coarse and fine blocks of noise, the same on every machine.

    Raw PCG64 output is part of numpy's compatibility promise; its distributions are not.
    """
    source = np.random.PCG64(seed)

    def blocks(size_px: int) -> NDArray[np.uint16]:
        rows, columns = -(-height_px // size_px), -(-width_px // size_px)
        words = source.random_raw(-(-rows * columns * 3 // 8)).astype("<u8")
        cells = words.view(np.uint8)[: rows * columns * 3].reshape(rows, columns, 3)
        whole = cells.repeat(size_px, axis=0).repeat(size_px, axis=1)
        return whole[:height_px, :width_px].astype(np.uint16)

    return ((3 * blocks(16) + blocks(3)) // 4).astype(np.uint8)


def take_golden(
    seed: int, height_px: int, width_px: int, outputs: Mapping[str, NDArray[np.generic]]
) -> Golden:
    """Golden vectors of a network's answer to `golden_picture(seed, height_px, width_px)`.

    The largest magnitudes and evenly spread others: peaks matter, and so does the rest.
    """
    samples = []
    for role, output in outputs.items():
        flat = output.astype(np.float64).ravel()
        spread = np.linspace(0, max(flat.size - 1, 0), min(_SAMPLES, flat.size), dtype=np.int64)
        peaks = np.argsort(-np.abs(flat), kind="stable")[: _SAMPLES // 2]
        index = np.unique(np.concatenate([spread, peaks]))
        scale = float(np.abs(flat).max(initial=0.0))
        samples.append(
            GoldenSample(
                role=role,
                shape=output.shape,
                index=tuple(int(i) for i in index),
                value=tuple(float(f"{flat[i]:.7g}") for i in index),
                tolerance=float(f"{max(_TOLERANCE * scale, 1e-5):.2g}"),
            )
        )
    return Golden(seed, height_px, width_px, tuple(samples))


def golden_faults(golden: Golden, outputs: Mapping[str, NDArray[np.generic]]) -> list[str]:
    """Where the answer strays from the golden vectors, as sentences; empty when it does not.

    outputs : name -> array, as the network gave them for the golden input.
    """
    found = []
    for sample in golden.samples:
        output = outputs.get(sample.role)
        if output is None:
            found.append(f"golden vectors name {sample.role}, which the model does not give")
        elif output.shape != sample.shape:
            found.append(f"{sample.role} has shape {output.shape}, golden {sample.shape}")
        elif max(sample.index, default=0) >= max(output.size, 1):
            found.append(f"golden index {max(sample.index)} lies outside {sample.role}")
        elif sample.index:
            answer = output.ravel()[list(sample.index)].astype(np.float64)
            worst = float(np.abs(answer - np.array(sample.value)).max())
            if not worst <= sample.tolerance:  # NaN must fail too
                found.append(
                    f"{sample.role} strays from its golden vector by {worst:.3g}"
                    f" (allowed {sample.tolerance:.3g})"
                )
    return found
