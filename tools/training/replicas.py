"""Several processes that train one network: each draws its own batches, gradients are averaged.

    torchrun --nproc-per-node 2 -m posture_tools.training joint ...

One thread a process, because threads meet at every operation and processes once a step: on two
cores that others use as well, two threads are slower than one, and two processes are not.
"""

from __future__ import annotations

import torch
from torch import Tensor, distributed, nn


class Replicas:
    """This process among the others of its run; alone where no launcher has started it."""

    def __init__(self) -> None:
        if distributed.is_torchelastic_launched() and not distributed.is_initialized():
            distributed.init_process_group("gloo")
        together = distributed.is_available() and distributed.is_initialized()
        self.rank = distributed.get_rank() if together else 0
        self.count = distributed.get_world_size() if together else 1

    def average_gradients(self, network: nn.Module) -> None:
        """Replace every gradient by its mean over the processes."""
        if self.count == 1:
            return
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.count
        parts = flat.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def agree(self, *, stop: bool) -> bool:
        """Tell whether any of the processes wants to stop: all of them take the same steps."""
        if self.count == 1:
            return stop
        wanted: Tensor = torch.tensor(float(stop))
        distributed.all_reduce(wanted)
        return bool(wanted > 0)

    def close(self) -> None:
        """Leave the group."""
        if self.count > 1:
            distributed.destroy_process_group()
