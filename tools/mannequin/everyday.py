"""Postures by chance, as people who come to be screened have them."""

from __future__ import annotations

import numpy as np


def everyday(rng: np.random.Generator) -> dict[str, float]:
    """Measures to ask for: a screening stance with everyday deviations."""

    def normal(sd: float, mean: float = 0.0) -> float:
        return float(np.clip(rng.normal(mean, sd), mean - 3 * sd, mean + 3 * sd))

    lean, round_back = normal(2.5), normal(6.0)
    asked = {
        "shoulder_tilt": normal(3.5),
        "pelvic_obliquity": normal(2.5),
        "trunk_lean": normal(2.0),
        "head_lean": lean + normal(3.0),
        "head_tilt_ear": -lean + normal(4.0),
        "head_turn": normal(5.0),
        "head_forward_angle": normal(6.0, 10.0) + 0.5 * round_back,
        "head_sagittal_tilt": normal(6.0, 12.0),
        "kyphosis": normal(4.0, 26.0) + round_back,
        "lordosis": normal(6.0, 24.0),
        "anterior_tilt": normal(4.0, 11.0),
        "trunk_inclination": normal(1.5),
    }
    for side in ("left", "right"):
        asked[f"knee_frontal_{side}"] = normal(3.0)
        asked[f"knee_sagittal_{side}"] = normal(3.0, 2.0)
        asked[f"foot_progression_{side}"] = normal(6.0, 8.0)
    return asked
