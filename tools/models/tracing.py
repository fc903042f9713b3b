"""A PyTorch network as an ONNX graph."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

import torch
from torch import nn

OPSET = 17


def trace(
    network: nn.Module,
    size_hw: tuple[int, int],
    input_name: str,
    output_names: Sequence[str],
    *,
    any_size: bool = False,
) -> bytes:
    """The graph of a network in evaluation mode.

    Its input is float32 (1, 3, H, W). any_size : H and W, and those of the outputs, stay open.
    """
    names = [input_name, *output_names]
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter is on its way out, but it alone folds normalisation at opset 17; that
        # shapes become constants, which it warns of, is meant.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(1, 3, *size_hw),),
            buffer,
            input_names=names[:1],
            output_names=names[1:],
            dynamic_axes=(
                {name: {2: f"{name} height", 3: f"{name} width"} for name in names}
                if any_size
                else None
            ),
            opset_version=OPSET,
            dynamo=False,
        )
    return buffer.getvalue()
