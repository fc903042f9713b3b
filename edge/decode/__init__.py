"""Field maps to poses: peaks, limbs, assembly."""
