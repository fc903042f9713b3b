"""One person's keypoints from a network that expects one person in its input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.decode.heatmap import decode_heatmaps, flip_test, mirror_heatmaps
from edge.decode.regression import decode_blazepose, decode_coordinates, decode_movenet
from edge.errors import ModelRefused
from edge.estimation.estimator import StageClock
from edge.estimation.yaw import yaw_from
from edge.field_maps import Letterbox
from edge.inference.halves import Picture
from edge.inference.letterbox import Box, covariance_to_image, to_image
from edge.inference.network import Network, Outputs
from edge.records import Float32, Pose, Uint8

Array = NDArray[np.float64]

SINGLE_PERSON_TASKS = ("heatmap", "spine", "keypoints", "regression")


class Look(NamedTuple):
    """One look at a person.

    yaw : (2,) sine and cosine as the network gave them, or None. letterbox : of the crop.
    """

    pose: Pose
    yaw: Array | None
    letterbox: Letterbox


class PersonNetwork:
    """Crops a person, asks a single-person network, and maps the answer back to the picture.

    flip : ask for the mirrored crop too and average the heatmaps; twice the time.

    Raises
    ------
    ModelRefused : the network is not for one person, or `flip` is asked of one without heatmaps.
    """

    def __init__(self, network: Network, *, flip: bool = False) -> None:
        description = network.description
        if description.task not in SINGLE_PERSON_TASKS or "boxes" in description.outputs:
            raise ModelRefused(
                f"{description.name} is a {description.task} model, not one for a single person.",
                "Name a heatmap, keypoints or regression model as whole.",
            )
        if flip and "heatmaps" not in description.outputs:
            raise ModelRefused(
                f"{description.name} has no heatmaps to average.", "Use it without flip."
            )
        self.network = network
        self._flip = flip
        self._size = len(description.topology.keypoints)

    def locate(self, picture: Picture, box_px: Box | None, clock: StageClock) -> Pose:
        """The pose of the person in a box (x, y, width, height) of a picture, or in all of it."""
        network = self.network
        with clock.stage("crop"):
            laid, letterbox = network.lay(picture, box_px)
        with clock.stage("inference"):
            outputs = network.run(laid)
            mirrored = network.run(self._mirrored(laid)) if self._flip else None
        with clock.stage("decode"):
            if "heatmaps" not in outputs:
                return self._pose(*self._from_numbers(outputs, letterbox), box_px, None)
            heatmaps, letterbox = self._heatmaps(outputs, letterbox)
            vectors = [_vector(outputs)]
            if mirrored is not None:
                flip = self.network.description.topology.flip
                heatmaps = flip_test(heatmaps, self._heatmaps(mirrored, letterbox)[0], flip)
                vectors.append(_mirrored_vector(mirrored))
            return self._pose(*self._decoded(heatmaps, letterbox), box_px, vectors)

    def look(self, picture: Picture, box_px: Box, clock: StageClock) -> tuple[Look, Look]:
        """What a crop and its mirror image show, each by itself, in pixels of the picture.

        Only of a network with heatmaps.
        """
        network = self.network
        with clock.stage("crop"):
            laid, letterbox = network.lay(picture, box_px)
        looks = []
        for mirrored in (False, True):
            with clock.stage("inference"):
                outputs = network.run(self._mirrored(laid) if mirrored else laid)
            with clock.stage("decode"):
                heatmaps, onto_maps = self._heatmaps(outputs, letterbox)
                if mirrored:
                    heatmaps = mirror_heatmaps(heatmaps, network.description.topology.flip)
                vector = _mirrored_vector(outputs) if mirrored else _vector(outputs)
                pose = self._pose(*self._decoded(heatmaps, onto_maps), box_px, None)
                looks.append(Look(pose, vector, letterbox))
        return looks[0], looks[1]

    def _heatmaps(self, outputs: Outputs, letterbox: Letterbox) -> tuple[Float32, Letterbox]:
        """The maps in the skeleton's order, and the way from the picture to them."""
        maps = self.network.field_maps(outputs, letterbox)
        return maps.heatmaps, maps.letterbox

    def _decoded(self, heatmaps: Float32, letterbox: Letterbox) -> tuple[Array, Array]:
        stride = self.network.description.stride
        peaks = decode_heatmaps(heatmaps)
        points = peaks.points.copy()
        in_input = (points[:, :2] + 0.5) * stride - 0.5
        points[:, :2] = to_image(letterbox, in_input)
        covariance = covariance_to_image(letterbox, peaks.covariance_cells2 * stride**2)
        return points, covariance

    def _mirrored(self, picture: Uint8) -> Uint8:
        """The picture mirrored such that its maps are mirrored cell by cell.

        Where cell 0 lies on pixel 0 the last cell does not lie on the last pixel: the mirror image
        is moved by what is left over. (A shift of the maps by one whole cell would leave 1/stride.)
        """
        mirrored = picture[:, ::-1]
        if self.network.description.map_convention == "half-pixel":
            return mirrored
        over = round(self.network.description.stride) - 1
        moved = np.full_like(picture, self.network.description.input.pad)
        moved[:, : picture.shape[1] - over] = mirrored[:, over:]
        return moved

    def _from_numbers(self, outputs: Outputs, letterbox: Letterbox) -> tuple[Array, Array]:
        input_hw = (letterbox.input_height_px, letterbox.input_width_px)
        if "landmarks" in outputs:
            answer = decode_blazepose(outputs["landmarks"], outputs["presence"])
        elif "coordinates" in outputs:
            answer = decode_coordinates(outputs["coordinates"], input_hw)
        else:
            answer = decode_movenet(outputs["keypoints"], input_hw)
        description = self.network.description
        points = np.full((self._size, 3), (np.nan, np.nan, 0.0))
        for row, name in zip(answer, description.keypoints, strict=True):
            if name in description.topology.index:
                points[description.topology.index[name]] = row
        points[:, :2] = to_image(letterbox, points[:, :2])
        return points, np.full((self._size, 2, 2), np.nan)

    def _pose(
        self,
        points: Array,
        covariance: Array,
        box_px: Box | None,
        vectors: Sequence[Array | None] | None,
    ) -> Pose:
        least = max(self.network.description.thresholds.keypoint, 0.0)
        missing = ~(np.isfinite(points).all(axis=1) & (points[:, 2] >= least))
        np.minimum(points[:, 2], 1.0, out=points[:, 2])
        points[missing] = (np.nan, np.nan, 0)
        covariance[missing] = np.nan
        found = len(points) - int(missing.sum())
        score = float(points[:, 2].sum()) / found if found else 0.0
        return Pose(
            self.network.description.topology,
            points.astype(np.float32),
            covariance.astype(np.float32),
            score,
            box_px,
            yaw_from([vector for vector in vectors or () if vector is not None]),
            accuracy=self.network.description.accuracy,
        )


def _vector(outputs: Outputs) -> Array | None:
    return outputs["yaw"][0].astype(np.float64) if "yaw" in outputs else None


def _mirrored_vector(outputs: Outputs) -> Array | None:
    """Sine and cosine of the person whose mirror image was looked at."""
    vector = _vector(outputs)
    return None if vector is None else vector * (-1.0, 1.0)
