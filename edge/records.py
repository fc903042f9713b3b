"""What the stages hand to each other.

Records are frozen and their arrays read-only. They compare by identity (`eq=False`): comparing
arrays element by element has no single truth value.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge.accuracy import Accuracy
from edge.skeletons import Skeleton

Float32 = NDArray[np.float32]
Uint8 = NDArray[np.uint8]
View = Literal["front", "back", "right", "left", "unknown"]
Kind = Literal["posture", "spine", "fms"]
# Where frames came from. camera : a live one. file : photographs and recordings. upload : given to
# a desk by its owner. rendered : drawn by a computer, so nobody was measured. unknown : not said.
Origin = Literal["camera", "file", "upload", "rendered", "unknown"]
Backend = Literal["bottom-up", "refined", "top-down", "single", ""]
# What says how large a millimetre is where a person stands: a board or plumb line, measured there;
# stickers of a known size; the stature that was told. Empty: nothing does.
ScaleSource = Literal["calibration", "stickers", "stature", ""]
# A person as a stick figure: keypoint -> x to the right, y down, thousandths of stature from
# between the ankles. Coarse, for drawing; measures are never made of it.
Figure = dict[str, tuple[int, int]]


class Quality(enum.StrEnum):
    """How far a measure may be trusted."""

    OK = "ok"
    LOW = "low"
    REFUSED = "refused"


def _frozen(array: NDArray[np.generic] | None) -> None:
    if array is not None:
        array.setflags(write=False)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a camera.

    image : uint8 (H, W, 3), BGR, as the sensor saw it (never mirrored).
    frame_id : counts up by one for each frame the source produced, delivered or not.
    captured_ns : time of capture on the monotonic clock, ns (video files: media time).
    still : a photograph that stands alone, not one of a stream.
    name : where it came from, for tables and messages (a path, a device).
    lores : uint8 (h, w, 3), BGR, the same instant at low resolution where the camera offers it.
    halves : of the image, by how many times smaller; filled by `inference.halves`.
    """

    image: Uint8
    frame_id: int
    captured_ns: int
    still: bool = False
    name: str = ""
    lores: Uint8 | None = None
    halves: dict[int, Uint8] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for image in (self.image, self.lores):
            if image is not None and (image.ndim != 3 or image.shape[2] != 3 or image.size == 0):
                raise ValueError(f"a frame is uint8 (H, W, 3), not {image.shape}")
            _frozen(image)

    @property
    def height_px(self) -> int:
        return int(self.image.shape[0])

    @property
    def width_px(self) -> int:
        return int(self.image.shape[1])


@dataclass(frozen=True, slots=True)
class Yaw:
    """How far a person is turned about the vertical.

    deg : -180..180; 0 faces the camera, + has turned the left side to it (90: seen from the left).
    sd_deg : how far the answers scatter that it was made of, and how unsure each of them was.
    """

    deg: float
    sd_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """How far the looks lie apart from which a pose was combined: single looks, not their mean.

    covariance_px2 : float32 (K, 2, 2), NaN where fewer than two looks saw the keypoint.
    looks : int (K,), how many agreed on it.
    sides_agree : 0..1, part of the looks at the whole body that told left and right alike.
    """

    covariance_px2: Float32
    looks: NDArray[np.int64]
    sides_agree: float

    def __post_init__(self) -> None:
        _frozen(self.covariance_px2)
        _frozen(self.looks)


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """What a person placed of a pose: by stickers on the skin, or points set by hand.

    placing_px2 : float32 (K, 2, 2), how far each keypoint may lie from the bone that it is named
        after, because hands placed it; 0 for keypoints that an estimator placed.
    mm_per_px : scale that stickers of known size give, None without any. scale_sd : its standard
        uncertainty, as a part of it.
    """

    placing_px2: Float32
    mm_per_px: float | None = None
    scale_sd: float = 0.0

    def __post_init__(self) -> None:
        _frozen(self.placing_px2)


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """One person's keypoints in one picture.

    keypoints : float32 (K, 3): x px, y px, score 0..1. Missing: NaN, NaN, 0.
    covariance_px2 : float32 (K, 2, 2), of each keypoint's position; NaN where unknown.
    score : 0..1, how sure the estimator is that this is a person.
    box_px : x, y, width, height of the person, or None.
    yaw : where a network has measured it.
    scatter : where the pose was combined from many looks; over the same keypoints.
    placed : what hands placed of it; None where the estimator found everything.
    frames_px2 : float32 (K, 2, 2), where the pose was taken from several frames: of what they
        scatter, the part that is left in the pose.
    accuracy : how well the network reads that placed the keypoints; None where it does not say.
    """

    skeleton: Skeleton
    keypoints: Float32
    covariance_px2: Float32
    score: float
    box_px: tuple[float, float, float, float] | None = None
    yaw: Yaw | None = None
    scatter: Scatter | None = None
    placed: Placed | None = None
    frames_px2: Float32 | None = None
    accuracy: Accuracy | None = None

    def __post_init__(self) -> None:
        count = len(self.skeleton.keypoints)
        if self.keypoints.shape != (count, 3):
            raise ValueError(f"keypoints are ({count}, 3), not {self.keypoints.shape}")
        if self.covariance_px2.shape != (count, 2, 2):
            raise ValueError(f"covariances are ({count}, 2, 2), not {self.covariance_px2.shape}")
        if self.placed is not None and self.placed.placing_px2.shape != (count, 2, 2):
            raise ValueError(f"placing is ({count}, 2, 2), not {self.placed.placing_px2.shape}")
        _frozen(self.keypoints)
        _frozen(self.covariance_px2)
        _frozen(self.frames_px2)


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of an interval.

    name : `network`, `frames`, `repeats`, `lens`, `depth`, `roll`, `yaw`, `head_turn`, `placing`,
        `scale`, `definition`. u95 : what it would leave alone. without : the interval without it.
    """

    name: str
    u95: float
    without: float


@dataclass(frozen=True, slots=True)
class Measure:
    """One posture quantity, or why there is none.

    value, u95 : in `unit`; None when refused. u95 is the half width of the 95 % interval, for a
        comparison with the world.
    u95_change : half width of the 95 % interval of a change between two visits like this one, of
        the same person before the same camera; None when refused, or nobody knows.
    causes : the largest causes of u95, at most three, the largest first.
    n : effective number of independent frames behind the value.
    why : reasons for a quality below ok, as codes (`keypoint_missing:left_hip`, `view:front`).
    """

    code: str
    value: float | None
    unit: str
    u95: float | None
    n: float
    quality: Quality
    why: tuple[str, ...] = ()
    view: View = "unknown"
    side: Literal["left", "right", ""] = ""
    definition: str = "1"
    u95_change: float | None = None
    causes: tuple[Cause, ...] = ()

    def __post_init__(self) -> None:
        check_refusal(self.code, self.value, self.quality, self.why)


def is_length(unit: str) -> bool:
    """Whether a measure in this unit needs a scale."""
    return unit in ("mm", "mm/s", "mm2")


def check_refusal(code: str, value: float | None, quality: Quality, why: tuple[str, ...]) -> None:
    """Raise ValueError where a measure's value, quality and reasons contradict each other."""
    if (value is None) != (quality is Quality.REFUSED):
        raise ValueError(f"{code}: a measure has a value exactly when it is not refused")
    if quality is not Quality.OK and not why:
        raise ValueError(f"{code}: quality {quality} without a reason")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for a screening, under which consent, and what they told.

    code : opaque, of the person or the appointment. inputs : name and value, for the record.
    """

    by: Literal["command", "badge"]
    code: str
    consent_version: str
    inputs: tuple[tuple[str, float | str | bool], ...] = ()


@dataclass(frozen=True)
class HandSet:
    """What one person set on one pose.

    points_px : keypoint -> x, y; None for one that is not to be seen in the picture after all.
    by : who, as an opaque code. on : when, ISO date or time.
    """

    points_px: Mapping[str, tuple[float, float] | None]
    by: str
    on: str


@dataclass(frozen=True)
class Correction:
    """An answer with points set by hand, in the place of one that was given before.

    found_px : where the estimator had the same keypoints, None where it saw none. corrects : the
    id of the result whose place this one takes; that one stays.
    """

    hand: HandSet
    found_px: Mapping[str, tuple[float, float] | None]
    corrects: str


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """One person's screening in one view, ready to be accepted by the outbox.

    session : opaque code of the screening; measures of several views share it.
    source : where the frames came from (a device, a path).
    captured_ns : capture time of the last frame used, ns.
    frames_used, frames_seen : how many frames entered the measures, of how many.
    asked : None where the person just stepped up.
    figure : the pose that was measured, for drawing; empty where nobody was.
    bodies : on which bodies known exactly the accuracy of its network was found; empty where it
        was not. calibration : names the calibration of the camera; empty where there is none.
    scale_by : what its lengths rest on, the least sure where captures differ; empty without any.
    origin : what kind of source it was; shown wherever the result is, unless it is `camera`.
    by_hand : what a person set in the picture; None where nobody did.
    """

    kind: Kind
    session: str
    view: View
    source: str
    captured_ns: int
    measures: tuple[Measure, ...]
    frames_used: int
    frames_seen: int
    min_score: float
    models: tuple[ModelIdentity, ...] = field(default=())
    asked: Asked | None = None
    figure: Figure = field(default_factory=dict)
    origin: Origin = "unknown"
    bodies: str = ""
    calibration: str = ""
    scale_by: ScaleSource = ""
    by_hand: Correction | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """What a measure rests on beside the person: two of them make a change only where it is one.

    networks : sha256 of the files that answered. bodies, calibration : as in `Assessment`.
    scale_by : of a length, as there, or what only a newer station knows; empty of everything else.
    """

    networks: tuple[str, ...] = ()
    bodies: str = ""
    calibration: str = ""
    scale_by: str = ""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model file answered. task : what its description says that it does."""

    name: str
    version: str
    sha256: str
    task: str = ""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a station measures with, and what: `measures` maps each code to its unit."""

    models: tuple[ModelIdentity, ...] = ()
    measures: dict[str, str] = field(default_factory=dict)


def backend_of(models: Sequence[ModelIdentity]) -> Backend:
    """How poses were found, told by the networks that were asked, in their order.

    bottom-up : a PAF network, everybody in one pass. refined : the same, and each keypoint placed
    again by a single-person network. top-down : a detector, and each person in its box.
    single : no finder, the picture as it is. Empty : nobody looked, or the tasks are not known.
    """
    if not models or not models[0].task:
        return ""
    if models[0].task == "detector":
        return "top-down"
    if models[0].task == "paf":
        return "bottom-up" if len(models) == 1 else "refined"
    return "single"
