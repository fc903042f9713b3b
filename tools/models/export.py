"""PyTorch checkpoints of published networks to described ONNX files that prove themselves."""

from __future__ import annotations

import hashlib
import io
import pickle
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from posture_tools.models.architectures.architecture import Architecture, Weights, architecture
from posture_tools.models.describe import describe
from posture_tools.models.tracing import trace
from torch import Tensor, nn

from edge.errors import ModelRefused
from edge.inference.description import ModelDescription
from edge.inference.golden import golden_picture
from edge.inference.network import open_session
from edge.output import write_output

# Largest difference between PyTorch and onnxruntime, as a part of an output's largest value, and
# in its own unit where that value is below 1.
TOLERANCE = 1e-4
_SEED = 7
_NAMED = 8


class Exported(msgspec.Struct, frozen=True):
    """A file that was written, and how far its answer lies from PyTorch's."""

    path: str
    name: str
    version: str
    parameters: int
    bytes: int
    difference: float


def export(
    name: str, checkpoint: Path, output: Path, size_hw: tuple[int, int] | None = None
) -> Exported:
    """Write a checkpoint of a published architecture as one described ONNX file.

    name : see `posture_tools.models.architectures.MODULES`.
    size_hw : height and width of the input; None for the published one.

    Raises
    ------
    ModelRefused : the checkpoint cannot be read, its keys or shapes are not the architecture's
        (names them), the size does not fit, or onnxruntime's answer strays from PyTorch's.
    OutputFailed : the output cannot be written.
    """
    published = architecture(name)
    weights, digest = _read(checkpoint, published)
    network = published.build(weights)
    _load(network, weights, f"{checkpoint} as {name}")
    size_hw = _fitting(size_hw or published.default_hw(network), published.step_px)
    described = published.describe(network, size_hw)
    graph = trace(
        network,
        size_hw,
        described.input.name,
        tuple(described.outputs.values()),
        any_size=published.any_size,
    )
    difference = _difference(network, graph, described, size_hw)
    if not difference <= TOLERANCE:  # NaN must fail too
        raise ModelRefused(
            f"{checkpoint}: onnxruntime's answer strays from PyTorch's by {difference:.2g}, "
            f"allowed are {TOLERANCE:g}.",
            "Look for NaN or huge weights in the checkpoint.",
        )
    card = msgspec.structs.replace(
        described,
        name=output.stem[:64],
        version=digest[:12],
        licence="not stated in the checkpoint",
        provenance=msgspec.structs.replace(
            described.provenance, notes=f"{name}, exported from a checkpoint of sha256 {digest}"
        ),
        measured={"pytorch_difference": float(f"{difference:.2g}")},
    )
    write_output(output, describe(graph, card))
    return Exported(
        path=str(output),
        name=card.name,
        version=card.version,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        bytes=output.stat().st_size,
        difference=difference,
    )


def _read(checkpoint: Path, published: Architecture) -> tuple[dict[str, Tensor], str]:
    """Tensors of a checkpoint under this house's key names, and the file's sha256.

    Only tensors and plain containers are unpickled: a checkpoint is code otherwise.
    """
    try:
        data = checkpoint.read_bytes()
        stored = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelRefused(f"cannot read {checkpoint}: {error.strerror}.", "Check it.") from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise ModelRefused(
            f"{checkpoint} is no checkpoint of plain tensors: {str(error).splitlines()[0]}",
            "Save its state_dict alone, with torch.save, where you trust the file.",
        ) from error
    state = stored.get("state_dict", stored) if isinstance(stored, dict) else None
    if not state or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelRefused(
            f"{checkpoint} holds no state_dict.", "Save the network's state_dict with torch.save."
        )
    weights = {_renamed(str(key), published): value for key, value in state.items()}
    return weights, hashlib.sha256(data).hexdigest()


def _renamed(key: str, published: Architecture) -> str:
    key = key.removeprefix("module.")  # torch.nn.DataParallel puts it there
    for theirs, ours in published.renamed.items():
        if key.startswith(theirs):
            return ours + key.removeprefix(theirs)
    return key


def _load(network: nn.Module, weights: Weights, what: str) -> None:
    own = network.state_dict()
    # Counters of batches, which PyTorch before 0.4.1 did not keep and no answer depends on.
    needed = {key for key in own if not key.endswith(".num_batches_tracked")}
    faults = {
        "lacks": sorted(needed - set(weights)),
        "has beyond it": sorted(set(weights) - set(own)),
        "has in another shape": sorted(
            f"{key} ({_shape(weights[key])}, not {_shape(own[key])})"
            for key in needed & set(weights)
            if weights[key].shape != own[key].shape
        ),
    }
    if found := [f"{fault} {_some(keys)}" for fault, keys in faults.items() if keys]:
        raise ModelRefused(
            f"{what}: the checkpoint {'; it '.join(found)}.",
            "Name the architecture that it was trained with.",
        )
    network.load_state_dict(dict(weights), strict=False)
    network.eval()


def _some(keys: list[str]) -> str:
    more = len(keys) - _NAMED
    return ", ".join(keys[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _shape(tensor: Tensor) -> str:
    return "x".join(str(length) for length in tensor.shape) or "scalar"


def _fitting(size_hw: tuple[int, int], step_px: int) -> tuple[int, int]:
    if min(size_hw) < step_px or any(length % step_px for length in size_hw):
        raise ModelRefused(
            f"an input of {size_hw[0]}x{size_hw[1]} px does not fit.",
            f"Height and width are multiples of {step_px}.",
        )
    return size_hw


@torch.inference_mode()
def _difference(
    network: nn.Module, graph: bytes, described: ModelDescription, size_hw: tuple[int, int]
) -> float:
    spec = described.input
    picture = golden_picture(_SEED, *size_hw).astype(np.float32)
    fed = ((picture - spec.mean) / spec.std).transpose(2, 0, 1)[None].astype(np.float32)
    expected = network(torch.from_numpy(fed))
    session = open_session(graph, torch.get_num_threads(), described.weights)
    found = session.run(list(described.outputs.values()), {spec.name: fed})
    return max(_stray(e.numpy(), f) for e, f in zip(expected, found, strict=True))


def _stray(expected: NDArray[Any], found: NDArray[Any]) -> float:
    return float(np.abs(expected - found).max() / max(1.0, np.abs(expected).max()))
