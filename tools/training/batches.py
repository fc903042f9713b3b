"""An endless, seeded stream of training batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from posture_tools.training.appearance import vary_appearance
from posture_tools.training.crop_scene import CropSettings, crop_scene
from posture_tools.training.examples import Example, TargetSettings, make_example
from posture_tools.training.frame_scene import FrameSettings, frame_scene
from posture_tools.training.pack import People, PersonCrop
from posture_tools.training.rendered import rendered_person
from posture_tools.training.scene import Scene
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

# Chance of a set, not of a crop: hand labels and standing people first, noisy acrobats last.
SET_SHARES: Mapping[str, float] = {
    "fashion_freepik": 0.17,
    "lspe": 0.33,
    "badminton": 0.05,
    "ccp": 0.23,
    "yoga": 0.10,
    "sitting_side_pseudo": 0.04,
    "inria_pos": 0.08,
}


@dataclass(frozen=True)
class MixSettings:
    """What a stage of the training sees."""

    size_hw: tuple[int, int]
    frames: float  # share of whole-frame scenes; the others are crops
    rendered: float = 0.0  # share of mannequins among the people
    crop: CropSettings = field(default_factory=CropSettings)
    frame: FrameSettings = field(default_factory=FrameSettings)
    target: TargetSettings = field(default_factory=TargetSettings)


class SceneSource:
    """Draws scenes; the state of its generator is all that a resumed run needs."""

    def __init__(self, people: People, mix: MixSettings, rng: np.random.Generator) -> None:
        self._people, self._mix, self.rng = people, mix, rng
        by_set = {name: [c for c in people.crops if c.set_name == name] for name in SET_SHARES}
        self._sets = [crops for crops in by_set.values() if crops]
        shares = np.array([SET_SHARES[name] for name, crops in by_set.items() if crops])
        self._shares = shares / shares.sum()

    def sample_crop(self, rng: np.random.Generator) -> PersonCrop:
        """Draw a mannequin, or a set by its share and one of its crops."""
        if rng.random() < self._mix.rendered:
            return rendered_person(self._people.backgrounds, rng)
        crops = self._sets[rng.choice(len(self._sets), p=self._shares)]
        return crops[rng.integers(len(crops))]

    def scene(self) -> Scene:
        """Draw one augmented scene."""
        mix, rng = self._mix, self.rng
        if rng.random() < mix.frames:
            scene = frame_scene(self._people, self.sample_crop, mix.size_hw, mix.frame, rng)
        else:
            crop = self.sample_crop(rng)
            scene = crop_scene(crop, self._people, mix.size_hw, mix.crop, rng)
        scene.image = vary_appearance(scene.image, rng)
        return scene

    def batches(self, size: int) -> Iterator[dict[str, Tensor]]:
        """Yield batches for ever."""
        while True:
            yield collate([make_example(self.scene(), self._mix.target) for _ in range(size)])


class Source(Protocol):
    """Draws batches; `rng` holds all that a resumed run needs."""

    rng: np.random.Generator

    def batches(self, size: int) -> Iterator[dict[str, Tensor]]:
        """Yield batches for ever."""
        ...


class _BatchStream(IterableDataset[tuple[dict[str, Tensor], dict[str, Any]]]):
    """Batches, each with the state of the generator behind it."""

    def __init__(self, source: Source, size: int) -> None:
        self._source, self._size = source, size

    def __iter__(self) -> Iterator[tuple[dict[str, Tensor], dict[str, Any]]]:
        for batch in self._source.batches(self._size):
            yield batch, dict(self._source.rng.bit_generator.state)


def load_batches(
    source: Source, size: int, workers: int
) -> Iterator[tuple[dict[str, Tensor], dict[str, Any]]]:
    """Yield batches with the generator's state from which a resumed run draws the next one.

    workers: 0 draws them in this process, 1 ahead of time in another; both draw the same.
    """
    if workers not in (0, 1):
        raise ValueError("one stream of scenes has one worker at most")
    stream = _BatchStream(source, size)
    return iter(DataLoader(stream, batch_size=None, num_workers=workers, collate_fn=_as_it_is))


def _as_it_is(batch: Any) -> Any:
    return batch


def collate(examples: list[Example]) -> dict[str, Tensor]:
    """Stack examples; images as float32 `(N, 3, H, W)`, weights ready to broadcast to maps."""

    def stack(name: str) -> Tensor:
        return torch.from_numpy(np.stack([getattr(example, name) for example in examples]))

    images = stack("image").permute(0, 3, 1, 2)
    return {
        "image": images.to(torch.float32, memory_format=torch.channels_last),
        "single": stack("single"),
        "single_weights": stack("single_weights")[:, :, None, None],
        "heatmaps": stack("heatmaps"),
        "heatmaps_weights": stack("heatmap_weights"),
        "pafs": stack("pafs"),
        "pafs_weights": stack("paf_weights").repeat_interleave(2, dim=1),
    }
