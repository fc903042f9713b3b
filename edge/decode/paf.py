"""Heatmaps and part affinity fields to people: peaks, limbs, assembly, at the maps' resolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.decode import paf_people
from edge.decode.anatomy import heights, reach
from edge.decode.assembly import EVIDENCE_FIELDS
from edge.decode.limbs import MEAN, SEED
from edge.decode.paf_people import COVARIANCE, PERSON_FIELDS, find_people
from edge.decode.peaks import PEAK_FIELDS
from edge.errors import ModelRefused
from edge.field_maps import FieldMaps
from edge.records import Float32, Pose
from edge.skeletons import Skeleton

_MAX_PAIRS = 16384  # of one limb, that pass
_MAX_LOOSE = 128  # pieces that are compared with each other
_PIECES_A_PERSON = 4  # limbs start apart and join later
_DOES_NOT_FIT = "Describe the model again from its card, or use the file that it was made for."


@dataclass(frozen=True, slots=True)
class PafOptions:
    """Numbers of the decoder; the defaults are those that the benchmark was measured with.

    peak_threshold : lowest value of a peak (the seed's 0.1).
    peak_sigmas : and at least so many standard deviations of the map's own noise.
    doubt : part of spread * (1 - height) of a peak that its covariance holds beside the map's
        noise (see peaks); 0 for maps whose height says nothing about the place.
    limb_criterion : "seed" takes a limb when the share `limb_good` of its samples lies above
        `limb_threshold`, "mean" when the mean of the samples is at least `limb_mean`.
    limb_good : the seed lab asks for more than 8 of 10, which loses limbs of equation (9) fields.
    limb_samples : most samples along a limb; a short one gets one a map pixel, at least 5.
    min_parts, min_score : a person has so many keypoints, and (sum of their scores + sum of the
        limbs' scores) / keypoints is at least so much (the seed's 4 and 0.4).
    body_tolerance : pieces that no limb joins become one person when its stature need not grow
        beyond this factor (see gathering); 0 leaves them apart.
    max_peaks : most peaks kept for each map. max_people : most people returned.
    """

    peak_threshold: float = 0.1
    peak_sigmas: float = 5.0
    doubt: float = 0.25
    limb_criterion: Literal["seed", "mean"] = "seed"
    limb_threshold: float = 0.05
    limb_good: float = 0.6
    limb_mean: float = 0.2
    limb_samples: int = 10
    min_parts: int = 4
    min_score: float = 0.4
    body_tolerance: float = 1.4
    max_peaks: int = 128
    max_people: int = 96

    def __post_init__(self) -> None:
        for name in (
            "peak_threshold", "peak_sigmas", "doubt", "limb_threshold", "limb_mean", "min_score",
        ):  # fmt: skip
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is a number of at least 0, not {getattr(self, name)}")
        for name in ("min_parts", "max_peaks", "max_people"):
            if not 1 <= getattr(self, name) <= 1024:
                raise ValueError(f"{name} lies between 1 and 1024, not at {getattr(self, name)}")
        if not 0 < self.limb_good <= 1:
            raise ValueError(f"limb_good is a share between 0 and 1, not {self.limb_good}")
        if not 5 <= self.limb_samples <= 100:
            raise ValueError(f"limb_samples lies between 5 and 100, not at {self.limb_samples}")
        if self.limb_criterion not in ("seed", "mean"):
            raise ValueError(f"no such limb criterion: {self.limb_criterion}")


class Decoded(NamedTuple):
    """People, most certain first, in the pixels of the picture.

    people : float32 (P, K, PERSON_FIELDS), see people. scores : float32 (P,), 0..1.
    truncated : some peaks, limbs or people did not find room.
    """

    skeleton: Skeleton
    people: Float32
    scores: Float32
    truncated: bool

    @property
    def keypoints(self) -> Float32:
        """float32 (P, K, 3), as a Pose has them."""
        return self.people[:, :, :COVARIANCE]

    @property
    def poses(self) -> list[Pose]:
        """One record a person."""
        return [
            Pose(
                self.skeleton,
                person[:, :COVARIANCE].copy(),
                person[:, COVARIANCE:].reshape(-1, 2, 2).copy(),
                score,
            )
            for person, score in zip(self.people, self.scores.tolist(), strict=True)
        ]


class Topology(NamedTuple):
    """What the kernels know of a model and its options, in the order of their arguments."""

    limbs: NDArray[np.int32]  # (L, 2)
    reach: Float32  # (K, K), see anatomy
    heights: Float32  # (K,), see anatomy
    levels: Float32  # thresholds, each at its place of `paf_people`
    numbers: NDArray[np.int64]  # counts, likewise


class Memory(NamedTuple):
    """Working memory of the kernels, in the order of their arguments."""

    peaks: Float32  # (K, max_peaks, PEAK_FIELDS)
    counts: NDArray[np.int32]  # (K,)
    keys: NDArray[np.int64]
    taken: NDArray[np.bool_]  # (2, max_peaks)
    connections: NDArray[np.int32]  # (L * max_peaks, 3)
    scores: Float32
    owner: NDArray[np.int32]  # (K, max_peaks)
    pieces: NDArray[np.int32]  # (pieces, K)
    evidence: Float32  # (pieces, EVIDENCE_FIELDS)
    stature: Float32
    cost: Float32  # (loose pieces, loose pieces)
    people: Float32  # (max_people, K, PERSON_FIELDS)
    people_scores: Float32  # (max_people,)


class PafDecoder:
    """Decodes one topology; working memory is its own, so each thread needs its own decoder.

    Parameters
    ----------
    skeleton : what the heatmaps show, one map a keypoint.
    limbs : pairs of keypoints in the order of the field's channels: limb l at 2l and 2l + 1.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        limbs: Sequence[tuple[int, int]],
        options: PafOptions = PafOptions(),
    ) -> None:
        for a, b in limbs:
            if not (
                0 <= a < len(skeleton.keypoints) and 0 <= b < len(skeleton.keypoints) and a != b
            ):
                raise ModelRefused(
                    f"limb ({a}, {b}) joins no two of the keypoints of {skeleton.name}.",
                    _DOES_NOT_FIT,
                )
        self.skeleton = skeleton
        self.limbs = tuple(limbs)
        self.topology = _topology(skeleton, self.limbs, options)
        self.memory = _memory(len(skeleton.keypoints), len(self.limbs), options)
        self._fitting: tuple[object, object] | None = None  # shapes: a network's never change

    def decode(self, maps: FieldMaps) -> Decoded:
        """People in the pixels of the picture that the maps were made from.

        Raises
        ------
        ModelRefused : maps that are not of this topology.

        Examples
        --------
        Maps of an empty room, of a network whose cells are 8 px wide:

        >>> import numpy as np
        >>> from edge.field_maps import Letterbox
        >>> from edge.skeletons import COCO_18
        >>> heatmaps = np.zeros((len(COCO_18.keypoints), 46, 54), np.float32)
        >>> pafs = np.zeros((2 * len(COCO_18.limbs), 46, 54), np.float32)
        >>> whole = Letterbox(1.0, 1.0, 0.0, 0.0, input_width_px=432, input_height_px=368)
        >>> decoder = PafDecoder(COCO_18, COCO_18.limbs)
        >>> decoder.decode(FieldMaps(heatmaps, pafs, stride=8.0, letterbox=whole)).poses
        []
        """
        shapes = maps.heatmaps.shape, None if maps.pafs is None else maps.pafs.shape
        if shapes != self._fitting:
            self._check(maps)
            self._fitting = shapes
        letterbox = maps.letterbox
        half = 0.5 * maps.stride - 0.5
        count, truncated = find_people(
            maps.heatmaps,
            maps.pafs,
            maps.stride / letterbox.scale_x,
            maps.stride / letterbox.scale_y,
            (half - letterbox.offset_x_px) / letterbox.scale_x,
            (half - letterbox.offset_y_px) / letterbox.scale_y,
            *self.topology,
            *self.memory,
        )
        return Decoded(
            self.skeleton,
            self.memory.people[:count].copy(),
            self.memory.people_scores[:count].copy(),
            truncated,
        )

    def _check(self, maps: FieldMaps) -> None:
        keypoints, limbs = len(self.skeleton.keypoints), len(self.limbs)
        heatmaps, pafs = maps.heatmaps, maps.pafs
        if pafs is None:
            raise ModelRefused("the model gives no part affinity fields.", _DOES_NOT_FIT)
        count, height, width = heatmaps.shape
        if count != keypoints or pafs.shape != (2 * limbs, height, width):
            raise ModelRefused(
                f"maps of {heatmaps.shape} and fields of {pafs.shape} do not fit "
                f"{self.skeleton.name} with {limbs} limbs: ({keypoints}, H, W) and "
                f"({2 * limbs}, H, W) do.",
                _DOES_NOT_FIT,
            )
        if height < 2 or width < 2:
            raise ModelRefused(f"maps of {height} x {width} cells hold no person.", _DOES_NOT_FIT)


def _topology(
    skeleton: Skeleton, limbs: Sequence[tuple[int, int]], options: PafOptions
) -> Topology:
    pairs = np.array(limbs, np.int32).reshape(-1, 2)
    ways, standing = reach(skeleton), heights(skeleton)
    for constant in (pairs, ways, standing):
        constant.setflags(write=False)
    seed = options.limb_criterion == "seed"
    levels = {
        paf_people.PEAK_THRESHOLD: options.peak_threshold,
        paf_people.PEAK_SIGMAS: options.peak_sigmas,
        paf_people.DOUBT: options.doubt,
        paf_people.LIMB_THRESHOLD: options.limb_threshold,
        paf_people.LIMB_GOOD: options.limb_good if seed else options.limb_mean,
        paf_people.MIN_SCORE: options.min_score,
        paf_people.BODY_TOLERANCE: options.body_tolerance,
    }
    numbers = {
        paf_people.CRITERION: SEED if seed else MEAN,
        paf_people.LIMB_SAMPLES: options.limb_samples,
        paf_people.MIN_PARTS: options.min_parts,
    }
    return Topology(
        pairs,
        ways,
        standing,
        np.array([levels[place] for place in sorted(levels)], np.float32),
        np.array([numbers[place] for place in sorted(numbers)], np.int64),
    )


def _memory(keypoints: int, limbs: int, options: PafOptions) -> Memory:
    peaks, people = options.max_peaks, options.max_people
    connections = peaks * max(1, limbs)
    pieces = _PIECES_A_PERSON * people
    loose = min(pieces, _MAX_LOOSE)
    return Memory(
        peaks=np.empty((keypoints, peaks, PEAK_FIELDS), np.float32),
        counts=np.empty(keypoints, np.int32),
        keys=np.empty(max(_MAX_PAIRS, connections, pieces), np.int64),
        taken=np.empty((2, peaks), np.bool_),
        connections=np.empty((connections, 3), np.int32),
        scores=np.empty(connections, np.float32),
        owner=np.empty((keypoints, peaks), np.int32),
        pieces=np.empty((pieces, keypoints), np.int32),
        evidence=np.empty((pieces, EVIDENCE_FIELDS), np.float32),
        stature=np.empty(pieces, np.float32),
        cost=np.empty((loose, loose), np.float32),
        people=np.empty((people, keypoints, PERSON_FIELDS), np.float32),
        people_scores=np.empty(people, np.float32),
    )
