"""From settings to an estimator: which files, and what their descriptions make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from edge.errors import ModelRefused
from edge.estimation.bottom_up import BottomUp
from edge.estimation.estimator import Estimator
from edge.estimation.keypoint_rcnn import KeypointRcnn
from edge.estimation.measuring import Measuring
from edge.estimation.refined import Refined
from edge.estimation.single import Single
from edge.estimation.top_down import TopDown
from edge.inference.network import Network
from edge.inference.shipped import CLOSE, FINDER, NONE, WHOLE, optional_model, shipped_model
from edge.settings import ModelSettings


def estimator_for(
    settings: ModelSettings, *, everyone: bool = True, sha256: Mapping[str, str] | None = None
) -> Estimator:
    """The estimator that the settings ask for; a `Measurer` where a close network serves.

    everyone : refined mode places all people, not the subject (the tallest) alone.
    sha256 : `finder`, `whole`, `close` -> what that file's bytes must be.

    Raises
    ------
    ModelRefused : a file does not serve, or does not fit its place.
    """

    def load(path: str | Path, slot: str = "") -> Network:
        return Network.load(
            path,
            sha256=(sha256 or {}).get(slot),
            threads=settings.threads,
            accelerator=settings.accelerator,
        )

    if settings.single:
        networks = [load(path) for path in _files(settings.single)]
        together = _together(networks, everyone)
        if settings.close in ("", NONE):
            return together
        return Measuring(together, networks[-1], load(settings.close, "close"))
    finder = load(settings.finder or shipped_model(FINDER), "finder")
    if settings.mode == "bottom-up":
        return BottomUp(finder)
    whole = load(settings.whole or shipped_model(WHOLE), "whole")
    fast: Estimator
    if settings.mode == "top-down":
        fast = TopDown(finder, whole)
    else:
        fast = Refined(BottomUp(finder), whole, everyone=everyone)
    path = optional_model(settings.close, CLOSE)
    return fast if path is None else Measuring(fast, whole, load(path, "close"))


def _files(single: str) -> list[str]:
    """The files of FIRST+SECOND...; a `+` may also belong to the name of one file."""
    return [single] if Path(single).is_file() else single.split("+")


def _together(networks: Sequence[Network], everyone: bool) -> Estimator:
    """What files can do together, or one alone, by what they say of themselves."""
    first, *others = networks
    description = first.description
    if description.task == "detector":
        if others:
            return TopDown(first, others[0], others[1:])
        raise ModelRefused(
            f"{description.name} finds people, not keypoints.",
            "Give it as --detector beside a single-person --model, or in the settings as finder "
            "with mode = 'top-down'.",
        )
    if description.task == "paf" and len(others) <= 1:
        finder = BottomUp(first)
        return Refined(finder, others[0], everyone=everyone) if others else finder
    if description.task == "paf" or "boxes" in description.outputs:
        if others:
            raise ModelRefused(
                f"{description.name} leaves nothing to do for {others[-1].description.name}.",
                "Name fewer files.",
            )
        return KeypointRcnn(first)
    return Single(first, others)
