"""What a model file says about itself: JSON under the ONNX metadata key `posture.model`.

The description makes a published network usable without code of its own: it names what every
channel means, how a picture becomes the input, and what the answer must be on a known input.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from edge.accuracy import Accuracy
from edge.skeletons import SKELETONS, Skeleton

METADATA_KEY = "posture.model"

Task = Literal["paf", "heatmap", "spine", "keypoints", "regression", "detector"]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Pixels = Annotated[int, msgspec.Meta(ge=1, le=8192)]
Index = Annotated[int, msgspec.Meta(ge=0)]
Triple = tuple[float, float, float]

# Channels that are no keypoint of the skeleton.
BACKGROUND = "background"
UNUSED = "unused"

# Which outputs a task has; the set that a file names also says how they are coded:
#   yaw                   (1, 2) = sine and cosine of the person's yaw, beside heatmaps; 0 faces the
#                         camera, + turns the left side to it
#   keypoints             MoveNet: (1, 1, K, 3) = y, x, score, fractions of the input
#   boxes .. keypoints    Keypoint R-CNN: (N, 4), (N,), (N,), (N, K, 3) in input pixels
#   coordinates           DeepPose: (1, 2K), fractions of the input, from its centre
#   landmarks, presence   BlazePose: (1, 5K) = x, y, z px, visibility, presence logits; (1, 1)
#   boxes, scores         PicoDet: (1, N, 4) corners in input pixels, (1, C, N)
#   grid                  FastestDet: (1, 5 + C, H, W)
ROLES: dict[str, tuple[frozenset[str], ...]] = {
    "paf": (frozenset({"heatmaps", "pafs"}),),
    "heatmap": (frozenset({"heatmaps"}), frozenset({"heatmaps", "yaw"})),
    "spine": (frozenset({"heatmaps"}),),
    "keypoints": (
        frozenset({"keypoints"}),
        frozenset({"boxes", "labels", "scores", "keypoints"}),
    ),
    "regression": (frozenset({"coordinates"}), frozenset({"landmarks", "presence"})),
    "detector": (frozenset({"boxes", "scores"}), frozenset({"grid"})),
}
# Intermediate heatmaps of stacked networks; never needed to serve, readable for study.
STAGE = re.compile(r"heatmaps_stage[0-9]+")


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class LimbChannels(_Part, frozen=True):
    """A limb by the names of its ends, and the two PAF channels that hold its x and y."""

    a: str
    b: str
    x: Index
    y: Index


class InputSpec(_Part, frozen=True):
    """How a picture becomes the input tensor: (pixel - mean) / std, on 0..255.

    multiple : 0 for one fixed size; else any height and width that it divides, and height_px x
        width_px is the area to stay within.
    letterbox : contain (whole picture, padded), stretch (whole picture, distorted), crop (the
        person's box, grown by box_margin and widened to the input's aspect).
    pad : grey value of what lies outside the picture.
    """

    name: str
    height_px: Pixels
    width_px: Pixels
    multiple: Annotated[int, msgspec.Meta(ge=0, le=256)] = 0
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    colour: Literal["RGB", "BGR"] = "RGB"
    dtype: Literal["float32", "uint8"] = "float32"
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    letterbox: Literal["contain", "stretch", "crop"] = "contain"
    box_margin: Annotated[float, msgspec.Meta(ge=0.5, le=3)] = 1.0
    pad: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0

    def __post_init__(self) -> None:
        if min(self.std) <= 0:
            raise ValueError("std must be positive")
        if self.dtype == "uint8" and (any(self.mean) or set(self.std) != {1.0}):
            raise ValueError("a uint8 input has no mean and std")
        if self.multiple and (self.height_px % self.multiple or self.width_px % self.multiple):
            raise ValueError(f"{self.height_px}x{self.width_px} is no multiple of {self.multiple}")

    def size_for(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Input height and width for a picture: fixed, or its aspect within the stated area."""
        if not self.multiple:
            return self.height_px, self.width_px
        step = self.multiple
        scale = (self.height_px * self.width_px / (height_px * width_px)) ** 0.5
        height = max(step, int(height_px * scale / step + 0.5) * step)
        width = max(step, int(self.height_px * self.width_px / height / step) * step)
        return height, min(width, max(step, int(width_px * scale / step + 0.5) * step))


class Thresholds(_Part, frozen=True):
    """keypoint: below it a keypoint is missing. person, iou: for boxes and their suppression."""

    keypoint: Fraction = 0.1
    person: Fraction = 0.4
    iou: Fraction = 0.5


class Provenance(_Part, frozen=True):
    """Where the weights come from."""

    source: str
    commit: str = ""
    notes: str = ""


class GoldenSample(_Part, frozen=True):
    """Values of one output at flat indices, and how far they may stray."""

    role: str
    shape: tuple[int, ...]
    index: tuple[Index, ...]
    value: tuple[float, ...]
    tolerance: Annotated[float, msgspec.Meta(gt=0)]

    def __post_init__(self) -> None:
        if len(self.index) != len(self.value):
            raise ValueError("a golden sample has as many indices as values")


class Golden(_Part, frozen=True):
    """A known input (see edge.inference.golden) and what must come out."""

    seed: int
    height_px: Pixels
    width_px: Pixels
    samples: tuple[GoldenSample, ...]


class ModelDescription(_Part, frozen=True):
    """All that a file says about itself.

    keypoints : meaning of each channel of the answer, in its order: a keypoint of the skeleton,
        `background` or `unused`.
    outputs : role -> name of the tensor in the graph.
    map_convention : where cell 0 lies: half-pixel, input = (map + 0.5) * stride - 0.5; corner,
        input = map * stride.
    peak : how high a heatmap stands on a keypoint that the network is sure of; what is read from
        the maps is divided by it, so that scores and thresholds mean the same for every network.
    recrop : side of the crops that a later stage of a cascade looks at, one about each keypoint, in
        pose diameters (left shoulder to right hip); 0 for a network that looks at people.
    accuracy : how well it reads each measure, in the pass that it is the last of; a network that
        does not say gives nothing better than low quality.
    weights : int8 are 8-bit weights computed in float, int8-qdq also has quantised activations.
    content_sha256 : of the whole file with these 64 digits set to zero; finds damage.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    version: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    licence: str
    provenance: Provenance
    task: Task
    input: InputSpec
    outputs: dict[str, str]
    skeleton: str = ""
    keypoints: tuple[str, ...] = ()
    limbs: tuple[LimbChannels, ...] = ()
    stride: Annotated[float, msgspec.Meta(gt=0, le=64)] = 1.0
    map_convention: Literal["half-pixel", "corner"] = "half-pixel"
    peak: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    recrop: Annotated[float, msgspec.Meta(ge=0, le=10)] = 0.0
    weights: Literal["float32", "float16", "int8", "int8-qdq"] = "float32"
    thresholds: Thresholds = Thresholds()
    measured: dict[str, float | str] = {}
    accuracy: Accuracy | None = None
    golden: Golden | None = None
    content_sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")] = "0" * 64

    def __post_init__(self) -> None:
        roles = {role for role in self.outputs if not STAGE.fullmatch(role)}
        if roles not in ROLES[self.task]:
            wanted = " or ".join("+".join(sorted(each)) for each in ROLES[self.task])
            raise ValueError(f"a {self.task} model has the outputs {wanted}, not {sorted(roles)}")
        if self.task != "detector":
            self._check_keypoints()
        if self.task == "paf":
            self._check_limbs()
        if self.recrop:
            self._check_cascade()

    def _check_keypoints(self) -> None:
        if self.skeleton not in SKELETONS:
            raise ValueError(f"unknown skeleton {self.skeleton!r}; known: {', '.join(SKELETONS)}")
        known = SKELETONS[self.skeleton].index
        named = [name for name in self.keypoints if name not in (BACKGROUND, UNUSED)]
        if strange := [name for name in named if name not in known]:
            raise ValueError(f"{self.skeleton} has no keypoint {', '.join(strange)}")
        if not named or len(set(named)) != len(named):
            raise ValueError("keypoints must name each channel once")

    def _check_limbs(self) -> None:
        if not self.limbs:
            raise ValueError("a paf model names its limbs")
        for limb in self.limbs:
            if limb.a == limb.b or not {limb.a, limb.b} <= set(self.keypoints):
                raise ValueError(f"limb {limb.a}-{limb.b} joins no two keypoints of this model")
        channels = [channel for limb in self.limbs for channel in (limb.x, limb.y)]
        if len(set(channels)) != len(channels):
            raise ValueError("two limbs share a PAF channel")

    def _check_cascade(self) -> None:
        if "coordinates" not in self.outputs:
            raise ValueError("a later stage of a cascade answers with coordinates")
        if not {"left_shoulder", "right_hip"} <= set(self.keypoints):
            raise ValueError("a cascade measures its crops from left_shoulder to right_hip")
        if self.input.letterbox != "crop" or self.input.box_margin != 1:
            raise ValueError("a later stage of a cascade takes crops, with a box_margin of 1")

    @property
    def topology(self) -> Skeleton:
        """The skeleton by name; a detector has none."""
        return SKELETONS[self.skeleton]

    @property
    def limb_pairs(self) -> tuple[tuple[int, int], ...]:
        """Limbs as pairs of keypoint indices of the skeleton, in the order of FieldMaps.pafs."""
        index = self.topology.index
        return tuple((index[limb.a], index[limb.b]) for limb in self.limbs)
