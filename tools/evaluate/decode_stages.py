"""How the decoder's time divides among its stages: each kernel alone, on the same maps."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decode.assembly import assemble
from edge.decode.gathering import gather
from edge.decode.limbs import connect
from edge.decode.noise import noise_sd
from edge.decode.paf import PafDecoder
from edge.decode.peaks import find_peaks

_RUNS = 10


def stage_times_us(
    decoder: PafDecoder, scenes: Sequence[Mapping[str, NDArray[np.float32]]]
) -> dict[str, float]:
    """Median microseconds of each stage on scenes of heatmaps `hm` and fields `paf`."""
    m, t = decoder.memory, decoder.topology
    keypoints = len(decoder.skeleton.keypoints)
    taken: dict[str, list[float]] = {}

    def timed(stage: str, kernel: Callable[..., Any], *arguments: object) -> Any:
        began = time.perf_counter()
        answer = kernel(*arguments)
        taken.setdefault(stage, []).append((time.perf_counter() - began) * 1e6)
        return answer

    peak_threshold, peak_sigmas, doubt, limb_threshold, limb_good, min_score, tolerance = t.levels
    for scene in [*scenes] * _RUNS:
        # fresh, and in the cache, as a network leaves its answer
        heatmaps, pafs = scene["hm"][:keypoints].copy(), scene["paf"].copy()
        noise = timed("noise", noise_sd, heatmaps)
        threshold = np.float32(max(peak_threshold, peak_sigmas * noise))
        timed("peaks", find_peaks, heatmaps, threshold, noise, doubt, m.peaks, m.counts)
        count, _ = timed(
            "limbs", connect, pafs, t.limbs, m.peaks, m.counts, t.numbers[0], limb_threshold,
            limb_good, t.numbers[1], m.keys, m.taken, m.connections, m.scores,
        )  # fmt: skip
        total, _ = timed(
            "assembly", assemble, t.limbs, m.peaks, m.connections, m.scores, count, m.keys,
            m.owner, m.pieces, m.evidence,
        )  # fmt: skip
        timed(
            "gathering", gather, m.peaks, m.counts, t.reach, t.heights, tolerance, min_score, total,
            m.owner, m.pieces, m.evidence, m.keys, m.stature, m.cost,
        )  # fmt: skip
    return {stage: float(np.median(times)) for stage, times in taken.items()}
