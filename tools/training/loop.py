"""One stage of the training: steps, average, scores, checkpoints."""

from __future__ import annotations

import copy
import json
import logging
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from posture_tools.training.batches import MixSettings, SceneSource, Source, load_batches
from posture_tools.training.checkpoint import (
    RunState,
    averaged_weights,
    load_checkpoint,
    save_checkpoint,
)
from posture_tools.training.losses import total_loss
from posture_tools.training.mobilenet import calibrate, load_folded_onnx
from posture_tools.training.network import PoseNetwork, freeze_stem, load_matching
from posture_tools.training.pack import People, PersonCrop
from posture_tools.training.recipe import Stage
from posture_tools.training.rendered_spine import SpineMix, SpineSource
from posture_tools.training.score import score_single, score_spine
from torch import nn
from tqdm import tqdm

LOG = logging.getLogger(__name__)

_CALIBRATION_BATCHES = 4


class Training:
    """A stage in a folder of its own: `checkpoint.pt` and `log.jsonl`; continues what it finds."""

    def __init__(
        self,
        stage: Stage,
        people: People,
        runs: Path,
        backbone: Path,
        *,
        seed: int,
        val: Sequence[PersonCrop] = (),
        save_every: int = 4_000,
        workers: int = 0,
    ) -> None:
        self._stage, self._val = stage, val
        self._save_every, self._workers = save_every, workers
        self._folder = runs / stage.name
        self._folder.mkdir(parents=True, exist_ok=True)
        self._checkpoint = self._folder / "checkpoint.pt"
        torch.manual_seed(seed)
        self._source = _source(stage.mix, people, np.random.default_rng(seed))
        self.network = PoseNetwork(stage.heads)
        resumed = self._checkpoint.exists()
        if stage.start is not None:
            start = averaged_weights(runs / stage.start / "checkpoint.pt")
            load_matching(self.network, start)
        elif not resumed:
            load_folded_onnx(self.network.backbone, backbone)
            self._calibrate()
        self.network.to(memory_format=torch.channels_last)
        freeze_stem(self.network)
        self.average = copy.deepcopy(self.network).eval()
        self._optimiser = self._make_optimiser()
        self.state = RunState()
        if resumed:
            self.state = load_checkpoint(
                self._checkpoint,
                network=self.network,
                average=self.average,
                optimiser=self._optimiser,
                rng=self._source.rng,
            )
        self._rng_state: Mapping[str, Any] = self._source.rng.bit_generator.state

    def run(self) -> RunState:
        """Train up to the stage's length."""
        stage, state = self._stage, self.state
        batches = load_batches(self._source, stage.batch, self._workers)
        sums: dict[str, float] = {}
        steps, began = 0, time.monotonic()
        bar = tqdm(total=stage.images, initial=state.images, unit="img", desc=stage.name)
        while state.images < stage.images:
            batch, self._rng_state = next(batches)
            losses = self._step(batch)
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + value
            steps += 1
            before, state.images = state.images, state.images + stage.batch
            bar.update(stage.batch)
            bar.set_postfix(loss=f"{losses['total']:.2f}", refresh=False)
            last = state.images >= stage.images
            if last or state.images // self._save_every > before // self._save_every:
                row = {"images": float(state.images)}
                row |= {name: value / steps for name, value in sums.items()}
                row["images_per_s"] = steps * stage.batch / (time.monotonic() - began)
                if self._val and "single" in stage.heads:
                    row |= score_single(self.average, self._val, stage.mix.size_hw)
                if isinstance(stage.mix, SpineMix):
                    row |= score_spine(self.average, stage.mix.size_hw)
                self._note(row)
                sums, steps, began = {}, 0, time.monotonic()
        bar.close()
        return state

    def _step(self, batch: dict[str, torch.Tensor]) -> dict[str, float]:
        self._set_learning_rate()
        self.network.train()
        freeze_stem(self.network)
        with torch.autocast("cpu", torch.bfloat16):
            outputs = self.network(batch["image"])
        losses = total_loss(outputs, batch, self._stage.loss)
        losses["total"].backward()
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self._average_weights()
        return {name: loss.item() for name, loss in losses.items()}

    def _set_learning_rate(self) -> None:
        stage = self._stage
        done = min(self.state.images / stage.images, 1.0)
        rising = min(1.0, (done + 1e-3) / stage.warmup)
        factor = rising * 0.5 * (1 + math.cos(math.pi * done))
        for group, share in zip(
            self._optimiser.param_groups, (stage.backbone_lr, 1.0), strict=True
        ):
            group["lr"] = stage.learning_rate * share * factor

    @torch.no_grad()
    def _average_weights(self) -> None:
        """Exponential average; short at first, so that it soon forgets the beginning."""
        steps = self.state.images // self._stage.batch
        keep = min(self._stage.ema_decay, (1 + steps) / (10 + steps))
        for mean, value in zip(
            self.average.state_dict().values(), self.network.state_dict().values(), strict=True
        ):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - keep)
            else:
                mean.copy_(value)

    def _note(self, row: dict[str, float]) -> None:
        self.state.log.append(row)
        with (self._folder / "log.jsonl").open("a") as stream:
            stream.write(json.dumps(row) + "\n")
        LOG.info("%s", {name: round(value, 4) for name, value in row.items()})
        save_checkpoint(
            self._checkpoint,
            self.state,
            network=self.network,
            average=self.average,
            optimiser=self._optimiser,
            rng_state=self._rng_state,
        )

    def _calibrate(self) -> None:
        batches = self._source.batches(self._stage.batch)
        images = torch.cat([next(batches)["image"] for _ in range(_CALIBRATION_BATCHES)])
        calibrate(self.network.backbone, (images - 128.0) / 128.0)

    def _make_optimiser(self) -> torch.optim.Optimizer:
        stage = self._stage
        parts: dict[bool, list[nn.Parameter]] = {True: [], False: []}
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                parts[name.startswith("backbone")].append(parameter)
        return torch.optim.AdamW(
            [{"params": parts[True]}, {"params": parts[False]}],
            lr=stage.learning_rate,
            weight_decay=stage.weight_decay,
        )


def _source(mix: MixSettings | SpineMix, people: People, rng: np.random.Generator) -> Source:
    if isinstance(mix, SpineMix):
        return SpineSource(people.backgrounds, mix, rng)
    return SceneSource(people, mix, rng)
