"""Published pose networks in PyTorch, each under the key names of its published checkpoints."""

from __future__ import annotations

# What `posture-models export` calls each, and the module here that defines it. Names only: PyTorch
# is imported with a module, not with this list.
MODULES = {
    "openpose": "openpose_vgg",
    "lightweight-openpose": "lightweight_openpose",
    "hourglass": "stacked_hourglass",
    "simple-baseline": "simple_baseline",
    "deeppose": "deeppose",
}
