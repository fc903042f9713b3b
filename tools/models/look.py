"""What a heatmap network sees in one photograph, stage by stage: pictures and peaks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.camera.photos import read_photo
from edge.decode.heatmap import decode_heatmaps
from edge.desk.outputs import Outputs
from edge.desk.picture_file import write_picture
from edge.errors import ModelRefused
from edge.field_maps import FieldMaps
from edge.inference.letterbox import to_image
from edge.inference.network import Network
from edge.overlay import blend_heatmaps


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One stage of a stacked network; the last is the one that serves.

    peaks : (K, 3), the highest point of each keypoint's map: x px, y px in the picture, height.
    """

    role: str
    maps: FieldMaps
    peaks: NDArray[np.float64]


def stages(network: Network, picture: NDArray[np.uint8]) -> list[Stage]:
    """Every stage's answer to a BGR picture (H, W, 3), in their order.

    Raises
    ------
    ModelRefused : the network has no heatmaps.
    """
    laid, letterbox = network.lay(picture)
    outputs = network.run(laid, stages=True)
    if "heatmaps" not in outputs:
        raise ModelRefused(
            f"{network.description.name} answers with no heatmaps.", "There is nothing to look at."
        )
    # The serving output comes last; by length first: stage 10 comes after stage 9.
    early = sorted((r for r in outputs if r.startswith("heatmaps_")), key=lambda r: (len(r), r))
    found = []
    for role in (*early, "heatmaps"):
        maps = network.field_maps(outputs | {"heatmaps": outputs[role]}, letterbox)
        peaks = decode_heatmaps(maps.heatmaps).points.copy()
        peaks[:, :2] = to_image(maps.letterbox, (peaks[:, :2] + 0.5) * maps.stride - 0.5)
        found.append(Stage(role, maps, peaks))
    return found


def look(
    model: Path, photo: Path, folder: Path, *, overwrite: bool = False
) -> tuple[Network, list[Stage]]:
    """Write PHOTO.ROLE.png for each stage: its heatmaps over the photograph.

    Raises
    ------
    ModelRefused : the file does not serve, or has no heatmaps.
    ImageUnreadable : the photograph is damaged.
    OutputRefused : the folder cannot be written, or holds another program's pictures.
    """
    network = Network.load(model, threads=1)
    picture = read_photo(photo)
    found = stages(network, picture)
    outputs = Outputs([photo, model], overwrite=overwrite)
    outputs.claim_folder(folder)
    paths = [outputs.claim(folder / f"{photo.stem}.{stage.role}.png") for stage in found]
    outputs.make_folders()
    for path, stage in zip(paths, found, strict=True):
        write_picture(path, blend_heatmaps(picture, stage.maps))
    return network, found
