"""What a run learns: the losses of a batch of crops, and of a batch of frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from posture_tools.training.losses import (
    displacements,
    gaussian_maps,
    line_loss,
    map_loss,
    masked_l2,
    mirror_loss,
    place_loss,
    yaw_loss,
)
from posture_tools.training.network import YAW, PoseNetwork
from posture_tools.training.points import BODY_MIRROR, SEGMENTS
from torch import Tensor

PHOTO, BODY = "photo", "body"  # heads of crops, by the labels that teach them
LINE = "line"  # loss of left against right
SEGMENT = "segment"  # loss of the other lines that measures are taken from
HEATMAPS, PAFS = "heatmaps", "pafs"  # heads of frames

Batch = Mapping[str, Tensor]
Objective = Callable[[PoseNetwork, Batch, int], dict[str, Tensor]]

_LIMB_CHANNELS = 2
_PAIRS = torch.tensor([(i, int(m)) for i, m in enumerate(BODY_MIRROR) if i < m])
_SEGMENTS = torch.from_numpy(SEGMENTS)


def crop_losses(network: PoseNetwork, batch: Batch, mirrored: int) -> dict[str, Tensor]:
    """Return the losses of crops: photographs stand first, and teach the head of their own.

    mirrored: photographs, and renders, that are seen once more in the mirror.
    """
    size, count = len(batch["image"]), int(batch["photographs"])
    few = min(mirrored, count, size - count)
    chosen = [*range(few), *range(count, count + few)]
    answers = _answers(network, torch.cat([batch["image"], batch["image"][chosen].flip(2)]))
    losses: dict[str, Tensor] = {}
    for name, rows in ((PHOTO, slice(0, count)), (BODY, slice(count, size))):
        if name not in answers or rows.start == rows.stop:
            continue
        maps = answers[name][rows]
        channels = maps.shape[1]
        points, trust = batch["points"][rows, :channels], batch["trust"][rows, :channels]
        target = gaussian_maps(points, (maps.shape[2], maps.shape[3]))
        losses[name] = map_loss(maps, target, trust, batch["cells"][rows])
        apart, known = displacements(maps, points, batch["sharp"][rows, :channels])
        losses[f"{name}_place"] = place_loss(apart, known)
        if name == BODY:  # hand labels of left and right are not exact enough
            losses[LINE] = line_loss(apart, points, known, _PAIRS)
            losses[SEGMENT] = line_loss(apart, points, known, _SEGMENTS)
    losses[YAW] = yaw_loss(answers[YAW][:size], batch["yaw"], batch["yaw_trust"])
    if few:
        apart = []
        for name in network.heads:
            mirror = torch.from_numpy(BODY_MIRROR[: answers[name].shape[1]])
            apart.append(mirror_loss(answers[name][chosen], answers[name][size:], mirror))
        losses["mirror"] = torch.stack(apart).sum()
    return losses


def frame_losses(network: PoseNetwork, batch: Batch, mirrored: int) -> dict[str, Tensor]:
    """Return the losses of frames: everybody's maps and fields. `mirrored` is not used."""
    answers = _answers(network, batch["image"])
    weights = {HEATMAPS: 1, PAFS: _LIMB_CHANNELS}
    return {
        name: masked_l2(
            answers[name],
            batch[name].float(),
            batch[f"{name}_cells"].float().repeat_interleave(channels, dim=1),
        )
        for name, channels in weights.items()
    }


def _answers(network: PoseNetwork, images: Tensor) -> dict[str, Tensor]:
    """Return the network's answers to uint8 `(N, H, W, 3)`, in float32, channel by channel."""
    pixels = images.permute(0, 3, 1, 2).float()  # as stored it is channels_last already
    with torch.autocast(images.device.type, torch.bfloat16):
        answers = network(pixels)
    # As the targets lie; maps that lie otherwise make each step slower by a tenth.
    return {
        name: answer.to(torch.float32, memory_format=torch.contiguous_format)
        for name, answer in answers.items()
    }
