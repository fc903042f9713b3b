"""One training run: steps, average, log, validation and checkpoints, stopped and continued at will.

The learning rate rises, stays, and falls only once a decay is asked for (warm-up, stable, decay:
Hu et al. 2024, arXiv 2404.06395), so a run of unknown length needs no plan.
"""

from __future__ import annotations

import copy
import json
import logging
import math
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

import torch
from posture_tools.training.checkpoint import (
    Progress,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
)
from posture_tools.training.network import PoseNetwork, load_matching
from posture_tools.training.optimiser import make_optimisers
from posture_tools.training.recipe import Recipe
from posture_tools.training.replicas import Replicas
from posture_tools.training.stream import Batch, Source, batches
from torch import Tensor, nn
from tqdm import tqdm

LOG = logging.getLogger(__name__)

LOG_EVERY, VALIDATE_EVERY = 2_000, 20_000  # images
SAVE_EVERY_S = 300.0

Validate = Callable[[PoseNetwork], Mapping[str, float]]


class Run:
    """A run in a folder of its own: `checkpoint.pt`, `weights.pt`, `log.jsonl`."""

    def __init__(
        self,
        recipe: Recipe,
        source: Source,
        runs: Path,
        *,
        start: Path | None = None,
        decay: int = 0,
        seed: int = 1,
        workers: int = 1,
        device: str = "cpu",
        validate: Validate | None = None,
    ) -> None:
        """start: weights to go on from in an empty folder. decay: let the rate fall to zero
        over that many images, from now on.
        """
        self._recipe, self._source, self._validate = recipe, source, validate
        self._seed, self._workers, self._device = seed, workers, torch.device(device)
        self._replicas = Replicas()
        self._folder = runs / recipe.name
        self._folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(seed)
        self.network = recipe.network()
        self.progress = Progress()
        checkpoint = self._folder / "checkpoint.pt"
        self._initialised = "from nothing" if start is None else f"from {start.parent.name}"
        if start is not None and not checkpoint.exists():
            weights, self.progress.images = load_weights(start)
            # What earlier runs drew is not drawn again: seen twice, a crop is learnt by heart.
            self.progress.step = self.progress.images // recipe.batch
            load_matching(self.network, weights)
        self.network.to(self._device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).eval()
        self._optimisers = make_optimisers(
            self.network, lr=recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        if checkpoint.exists():
            self.progress = load_checkpoint(
                checkpoint, network=self.network, average=self.average, optimisers=self._optimisers
            )
        if decay and not self.progress.decay_over:
            if checkpoint.exists():  # a longer stable part may be wanted later
                shutil.copy(checkpoint, self._folder / "stable.pt")
            self.progress.decay_from, self.progress.decay_over = self.progress.images, decay
        self._stopped = False

    @property
    def finished(self) -> bool:
        """Whether the learning rate has fallen to zero."""
        progress = self.progress
        return bool(
            progress.decay_over and progress.images >= progress.decay_from + progress.decay_over
        )

    def run(self, *, images: int | None = None, minutes: float | None = None) -> Progress:
        """Train until stopped, decayed, or so many images (in total) or minutes are over."""
        previous = signal.signal(signal.SIGTERM, self._stop)
        try:
            self._train(
                math.inf if images is None else images,
                time.monotonic() + (math.inf if minutes is None else 60 * minutes),
            )
        finally:
            signal.signal(signal.SIGTERM, previous)
            self._replicas.close()
        return self.progress

    def _train(self, last_image: float, until_s: float) -> None:
        progress, recipe = self.progress, self._recipe
        stream = batches(
            self._source,
            recipe.batch // self._replicas.count,
            seed=self._seed,
            first=progress.step * self._replicas.count,
            place=(self._replicas.rank, self._replicas.count),
            workers=self._workers,
        )
        first = self._replicas.rank == 0
        sums: dict[str, Tensor] = {}
        steps, began = 0, time.monotonic()
        saved = began
        bar = tqdm(
            initial=progress.images, unit="img", desc=recipe.name, mininterval=10, disable=not first
        )
        while not self._replicas.agree(
            stop=self._stopped
            or self.finished
            or progress.images >= last_image
            or time.monotonic() >= until_s
        ):
            for name, value in self._step(next(stream)).items():
                sums[name] = sums.get(name, 0.0) + value
            steps += 1
            before, progress.images = progress.images, progress.images + recipe.batch
            bar.update(recipe.batch)
            if not first:
                continue
            if progress.images // LOG_EVERY > before // LOG_EVERY:
                row = {name: float(value) / steps for name, value in sums.items()}
                row["images_per_s"] = steps * recipe.batch / (time.monotonic() - began)
                row["learning_rate"] = self._optimisers[0].param_groups[0]["lr"]
                if self._validate and progress.images // VALIDATE_EVERY > before // VALIDATE_EVERY:
                    row |= self._validate(self.average)
                self._note(row)
                sums, steps, began = {}, 0, time.monotonic()
            if time.monotonic() - saved > SAVE_EVERY_S:
                self._save()
                saved = time.monotonic()
        bar.close()
        if first:
            self._save()

    def _step(self, batch: Batch) -> dict[str, Tensor]:
        self._set_learning_rate()
        self.network.train()
        recipe = self._recipe
        there = {name: value.to(self._device) for name, value in batch.items()}
        losses = recipe.objective(self.network, there, recipe.mirrored)
        weighted = [recipe.weights[name] * loss for name, loss in losses.items()]
        losses["total"] = torch.stack(weighted).sum()
        losses["total"].backward()
        self._replicas.average_gradients(self.network)
        nn.utils.clip_grad_norm_(self.network.parameters(), 50.0)
        for optimiser in self._optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.progress.step += 1
        self.progress.since_start += 1
        self._average_weights()
        return {name: loss.detach() for name, loss in losses.items()}

    def _set_learning_rate(self) -> None:
        progress, recipe = self.progress, self._recipe
        rate = recipe.learning_rate * min(1.0, (progress.since_start + 1) / recipe.warmup)
        if progress.decay_over:
            done = (progress.images - progress.decay_from) / progress.decay_over
            # 1 - sqrt falls fast at first: Hägele et al. 2024, arXiv 2405.18392.
            rate *= 1.0 - math.sqrt(min(1.0, done))
        for optimiser in self._optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate

    @torch.no_grad()
    def _average_weights(self) -> None:
        """Exponential average; short at first, so that it soon forgets the beginning."""
        steps, recipe = self.progress.since_start, self._recipe
        longest = recipe.decay_ema if self.progress.decay_over else recipe.ema_decay
        keep = min(longest, (1 + steps) / (10 + steps))
        for mean, value in zip(
            self.average.state_dict().values(), self.network.state_dict().values(), strict=True
        ):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - keep)
            else:
                mean.copy_(value)

    def _note(self, row: dict[str, float]) -> None:
        row = {"images": self.progress.images, "time_s": round(time.time()), **row}
        with (self._folder / "log.jsonl").open("a") as stream:
            stream.write(json.dumps({k: _short(v) for k, v in row.items()}) + "\n")

    def _save(self) -> None:
        save_checkpoint(
            self._folder / "checkpoint.pt",
            self.progress,
            network=self.network,
            average=self.average,
            optimisers=self._optimisers,
        )
        save_weights(self._folder / "weights.pt", self.average, self.progress.images)
        data = {"initialised": self._initialised, "people": self._source.census()}
        (self._folder / "data.json").write_text(json.dumps(data, indent=1) + "\n")

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self._stopped = True


def _short(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.5g}")
