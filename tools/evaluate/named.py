"""Contenders by the names that a command line has for them.

[NAME=]MODEL.onnx      a single-person network gets each labelled person's box; a PAF network gets
                       the whole picture
[NAME=]FINDER.onnx+WHOLE.onnx         refined estimation on the whole picture
[NAME=]FINDER.onnx+WHOLE.onnx+CLOSE.onnx   and the measuring pass, which looks closely
[NAME=]FOLDER          of networks that ship (`models_onnx` of any version): what a station makes of
                       them; or of one published network with its card.json, which needs no
                       description of its own

Without a NAME the files' or the folder's serves.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from posture_tools.evaluate.box_change import MovedFinder
from posture_tools.evaluate.contenders import (
    Contender,
    CropOptions,
    Crops,
    WholePictures,
)

from edge.errors import ModelRefused, SettingsInvalid
from edge.estimation.bottom_up import BottomUp
from edge.estimation.estimator import Estimator
from edge.estimation.measuring import Measuring
from edge.estimation.refined import Refined
from edge.inference.description import ModelDescription
from edge.inference.network import Network, read_description
from edge.skeletons import BODY_55

CARD = "card.json"


class _Loaded(NamedTuple):
    network: Network
    size_bytes: int


def contenders(specs: Sequence[str], options: CropOptions, threads: int) -> list[Contender]:
    """One contender for each name, in their order.

    Raises
    ------
    ModelRefused : a file that does not serve, or not in that place.
    SettingsInvalid : two contenders of one name, or a `+` between more than three files.
    """
    found: list[Contender] = [_contender(spec, options, threads) for spec in specs]
    names = [contender.name for contender in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SettingsInvalid(
            f"two models are called {', '.join(twice)}.",
            "Tables go by names: give one of them its own, NAME=PATH.",
        )
    return found


def contender_of(name: str, network: Network, size_bytes: int, options: CropOptions) -> Contender:
    """What one network can be compared as: on labelled boxes, or on whole pictures."""
    if network.description.task == "paf":
        return WholePictures(name, BottomUp(network), size_bytes)
    return Crops(name, network, size_bytes, options)


def _contender(spec: str, options: CropOptions, threads: int) -> Contender:
    name, where = _split(spec)
    parts = [Path(part) for part in where.split("+")]
    if len(parts) > 3:
        raise SettingsInvalid(f"{spec} names {len(parts)} files.", "Name FINDER+WHOLE+CLOSE.")
    name = name or "+".join(part.resolve().name.removesuffix(".onnx") for part in parts)
    if len(parts) == 1 and parts[0].is_dir() and not (parts[0] / CARD).is_file():
        parts = _station(parts[0])
    loaded = [_load(part, threads) for part in parts]
    size_bytes = sum(each.size_bytes for each in loaded)
    if len(loaded) == 1:
        return contender_of(name, loaded[0].network, size_bytes, options)
    finder = MovedFinder(BottomUp(loaded[0].network))
    estimator: Estimator = Refined(finder, loaded[1].network, everyone=True)
    if len(loaded) == 3:
        estimator = Measuring(estimator, loaded[1].network, loaded[2].network)
    return WholePictures(name, estimator, size_bytes, finder)


def _split(spec: str) -> tuple[str, str]:
    """Name and place; a `=` may also belong to the place."""
    name, equals, where = spec.partition("=")
    if not equals or "/" in name or Path(spec).exists():
        return "", spec
    return name, where


def _station(folder: Path) -> list[Path]:
    """Finder, whole and, where there is one, close among a folder's files, by their descriptions.

    Raises
    ------
    ModelRefused : not one of each.
    """
    kinds = {path: _slot(read_description(path.read_bytes(), str(path))) for path in _files(folder)}
    slots = []
    for kind in ("finder", "whole", "close"):
        fitting = [path for path in kinds if kinds[path] == kind]
        if kind == "close" and not fitting:
            continue
        if len(fitting) != 1:
            names = ", ".join(path.name for path in fitting) or "none"
            raise ModelRefused(
                f"{folder} should hold one {kind}, and holds {names}.",
                "Name the files: FINDER.onnx+WHOLE.onnx+CLOSE.onnx.",
            )
        slots += fitting
    return slots


def _slot(description: ModelDescription) -> str:
    if description.task == "paf":
        return "finder"
    if description.task != "heatmap":
        return description.task
    return "close" if description.skeleton == BODY_55.name else "whole"


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.onnx"))


def _load(path: Path, threads: int) -> _Loaded:
    """A described file, or a published one that its card describes."""
    card = (path if path.is_dir() else path.parent) / CARD
    if not card.is_file():
        return _Loaded(Network.load(path, threads=threads), path.stat().st_size)
    from posture_tools.models.cards import read_card
    from posture_tools.models.describe import describe

    files = _files(path) if path.is_dir() else [path]
    if len(files) != 1:
        raise ModelRefused(
            f"{path} holds {len(files)} ONNX files beside its card.", "Name the file."
        )
    try:
        model = files[0].read_bytes()
    except OSError as error:
        raise ModelRefused(f"cannot read {path}: {error.strerror}.", "Check it.") from error
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder) / files[0].name
        described.write_bytes(describe(model, read_card(card)))
        return _Loaded(Network.load(described, threads=threads), len(model))
