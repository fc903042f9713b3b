"""A pose as bytes, so that what was found can be measured again as exactly as when it was found."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.accuracy import Accuracy
from edge.errors import NOT_JSON, FileUnusable
from edge.records import ModelIdentity, Pose, Scatter, Yaw
from edge.skeletons import Skeleton

Numbers = list[Any]  # nested; null is NaN


class _Scatter(msgspec.Struct, frozen=True):
    covariance_px2: Numbers
    looks: list[int]
    sides_agree: float


class _Pose(msgspec.Struct, frozen=True):
    skeleton: str
    names: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...]
    midpoints: tuple[tuple[str, str, str], ...]
    keypoints: Numbers
    covariance_px2: Numbers
    score: float
    box_px: tuple[float, float, float, float] | None
    yaw: Yaw | None
    scatter: _Scatter | None
    accuracy: Accuracy | None


class Found(msgspec.Struct, frozen=True):
    """What the networks saw in one photograph. poses : of everybody, best first."""

    poses: tuple[_Pose, ...]
    models: tuple[ModelIdentity, ...]

    @classmethod
    def of(cls, poses: list[Pose], models: tuple[ModelIdentity, ...]) -> Found:
        return cls(tuple(_packed(pose) for pose in poses), models)

    def pose(self, number: int) -> Pose:
        """The number-th, from 0."""
        return _unpacked(self.poses[number])

    def tallest(self) -> int:
        """Number of the person whom a station would measure. IndexError where nobody is there."""
        heights = [np.nanmax(p) - np.nanmin(p) for p in map(_heights, self.poses)]
        return int(np.argmax(heights))

    def encode(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Found:
        """Read what `encode` wrote. Raises FileUnusable where it is damaged."""
        try:
            return msgspec.json.decode(data, type=cls)
        except NOT_JSON as error:
            raise FileUnusable(
                f"what was found cannot be read: {error}.", "Upload again."
            ) from error


def _heights(pose: _Pose) -> NDArray[np.float32]:
    return np.array(pose.keypoints, np.float32)[:, 1]


def _packed(pose: Pose) -> _Pose:
    skeleton, scatter = pose.skeleton, pose.scatter
    return _Pose(
        skeleton.name, skeleton.keypoints, skeleton.limbs, skeleton.midpoints,
        pose.keypoints.tolist(), pose.covariance_px2.tolist(), float(pose.score),
        None if pose.box_px is None else _four(pose.box_px), pose.yaw,
        None if scatter is None else _Scatter(
            scatter.covariance_px2.tolist(), scatter.looks.tolist(), scatter.sides_agree
        ),
        pose.accuracy,
    )  # fmt: skip


def _four(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x, y, width, height = (float(each) for each in box)
    return x, y, width, height


def _unpacked(said: _Pose) -> Pose:
    scatter = said.scatter
    return Pose(
        Skeleton(said.skeleton, said.names, said.limbs, said.midpoints),
        np.array(said.keypoints, np.float32), np.array(said.covariance_px2, np.float32),
        said.score, said.box_px, said.yaw,
        None if scatter is None else Scatter(
            np.array(scatter.covariance_px2, np.float32), np.array(scatter.looks, np.int64),
            scatter.sides_agree,
        ),
        accuracy=said.accuracy,
    )  # fmt: skip
