"""Packs of test bodies: rendered people whose measures are known exactly.

A pack is two files, NAME.bin and NAME.npz. NAME.bin begins with JPEGs, one after the other; what
follows them (masks) is for others. Arrays of NAME.npz, for n pictures with one person to measure in
each:

    off                 (n + 1,)     picture i is bytes off[i] to off[i + 1] of NAME.bin
    names               (K,)         keypoints, COCO's 17 among them
    kp                  (n, K, 3)    x, y px, and 2 seen, 1 hidden, 0 not there
    box                 (n, 4)       x0, y0, x1, y1 px
    view                (n,)         front, back, right, left
    age_years           (n,)
    clothing_upper, clothing_lower   (n,)   bare, tight, loose
    measure/CODE        (n,)         true measures, deg, by the codes and signs of `edge.posture`;
                                     NaN where one is not defined. They count for what the
                                     keypoints do not tell
    xyz                 (n, K, 3)    the keypoints in space, m: x to the body's left, y backwards,
                                     z up; may be missing
    person              (n,)         the same number for every visit of one person; may be missing
    roll_deg, pitch_deg, focal_px    (n,)   only all three together: what a station's calibration
                                     knows of the camera; the true measures are then those of a
                                     level one. Else they are those of the picture as it is
    k1                  (n,)         radial distortion, beside these three; may be missing

Other arrays are for others. Whatever contradicts this is refused before a picture is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.evaluate.labelled import AREA_SHARE, Person
from posture_tools.evaluate.views import VIEWS
from posture_tools.zips import NOT_ZIP

from edge.errors import ImageUnreadable, LabelsInvalid, SettingsInvalid
from edge.posture.calibration import LEVEL, Calibration
from edge.records import Frame, Uint8, View
from edge.skeletons import COCO_17

Clothing = Literal["bare", "tight", "loose"]
CLOTHING: tuple[Clothing, ...] = get_args(Clothing)
OLDEST_YEARS = 130
MEASURE = "measure/"
_WORDS: Mapping[str, tuple[str, ...]] = {
    "view": VIEWS, "clothing_upper": CLOTHING, "clothing_lower": CLOTHING,
}  # fmt: skip
_CAMERA = ("roll_deg", "pitch_deg", "focal_px")
_MAY_BE = (*_CAMERA, "k1", "person")
_AGAIN = "Make the pack again: body_pack.py says what it holds."

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One picture of a pack.

    truth : code -> true value, deg, of the measures that are defined.
    camera : roll_deg, pitch_deg, focal_px, k1; None where the pack does not tell.
    names, keypoints : (K, 3) of all that the pack names. points_m : (K, 3), in space, or None.
    number : of the person in the pack.
    """

    set_name: str
    name: str
    people: tuple[Person]
    view: View
    age_years: float
    clothing_upper: Clothing
    clothing_lower: Clothing
    truth: Mapping[str, float]
    camera: tuple[float, float, float, float] | None
    jpeg: NDArray[np.uint8]
    names: tuple[str, ...]
    keypoints: NDArray[np.float64]
    points_m: NDArray[np.float64] | None
    number: int

    @property
    def labelled(self) -> bool:
        return True

    @property
    def person(self) -> Person:
        """The one who is measured, bystanders aside."""
        return self.people[0]

    def read(self) -> Frame:
        """The picture.

        Raises
        ------
        ImageUnreadable : its bytes are no picture.
        """
        image = decoded(np.array(self.jpeg))
        if image is None:
            raise ImageUnreadable(f"{self.set_name}, {self.name} cannot be decoded.", _AGAIN)
        return Frame(image, 0, 0, still=True, name=self.name)

    def calibration(self, frame: Frame) -> Calibration:
        """What the station knows of the camera."""
        if self.camera is None:
            return LEVEL
        roll_deg, pitch_deg, focal_px, k1 = self.camera
        centre_px = ((frame.width_px - 1) / 2, (frame.height_px - 1) / 2)
        return Calibration(
            roll_deg, pitch_deg, focal_px=focal_px, centre_px=centre_px,
            distortion=(k1, 0.0, 0.0, 0.0, 0.0),
        )  # fmt: skip


def decoded(jpeg: NDArray[np.uint8]) -> Uint8 | None:
    """A picture of a pack, BGR; None where its bytes are no picture."""
    try:
        image = cv2.imdecode(jpeg, cv2.IMREAD_COLOR) if jpeg.size else None
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, np.uint8)


def packs(folder: Path) -> list[Path]:
    """The packs in a folder, by their NAME.npz."""
    return [npz for npz in sorted(folder.glob("*.npz")) if npz.with_suffix(".bin").is_file()]


def read_bodies(paths: Sequence[Path], limit: int | None = None) -> list[Body]:
    """The pictures of packs and of folders of packs, at most `limit` of each pack.

    Raises
    ------
    SettingsInvalid : no packs.
    LabelsInvalid : one that contradicts itself; says where.
    """
    bodies: list[Body] = []
    for path in paths:
        found = packs(path) if path.is_dir() else [path]
        if not found:
            raise SettingsInvalid(
                f"{path} holds no test bodies (NAME.bin and NAME.npz).",
                "Make some: python -m posture_tools.bodies exam --help.",
            )
        for pack in found:
            bodies += _bodies(pack, limit)
    return bodies


def by_person(bodies: Sequence[Body]) -> list[list[Body]]:
    """All pictures of each person, in the order of the pack."""
    people: dict[tuple[str, int], list[Body]] = {}
    for body in bodies:
        people.setdefault((body.set_name, body.number), []).append(body)
    return list(people.values())


def _bodies(path: Path, limit: int | None) -> list[Body]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays: Arrays = {name: file[name] for name in file.files}
        data = np.memmap(path.with_suffix(".bin"), np.uint8, "r")
    except NOT_ZIP as error:
        raise LabelsInvalid(f"cannot read the pack {path}: {error}.", _AGAIN) from error
    if fault := _fault(arrays, len(data)):
        raise LabelsInvalid(f"{path}: {fault}.", _AGAIN)
    coco = [arrays["names"].tolist().index(name) for name in COCO_17.keypoints]
    count = len(arrays["box"]) if limit is None else min(limit, len(arrays["box"]))
    return [_body(path, arrays, data, coco, i) for i in range(count)]


def _body(path: Path, arrays: Arrays, data: NDArray[np.uint8], coco: list[int], i: int) -> Body:
    x0, y0, x1, y1 = arrays["box"][i].astype(float).tolist()
    size = (x1 - x0, y1 - y0)
    view: View = next(v for v in VIEWS if v == arrays["view"][i])
    person = Person(
        keypoints=arrays["kp"][i, coco].astype(np.float64),
        area_px2=AREA_SHARE * size[0] * size[1],
        box_px=(x0, y0, *size),
        view=view,
        upright=True,
    )
    upper, lower = (
        next(c for c in CLOTHING if c == arrays[f"clothing_{half}"][i])
        for half in ("upper", "lower")
    )
    camera = None
    if all(name in arrays for name in _CAMERA):
        roll_deg, pitch_deg, focal_px = (float(arrays[name][i]) for name in _CAMERA)
        camera = (roll_deg, pitch_deg, focal_px, float(arrays["k1"][i]) if "k1" in arrays else 0.0)
    true = {
        name.removeprefix(MEASURE): float(arrays[name][i])
        for name in arrays
        if name.startswith(MEASURE) and np.isfinite(arrays[name][i])
    }
    first, last = arrays["off"][i : i + 2].tolist()
    return Body(
        path.stem, f"{path.stem} {i}", (person,), view, float(arrays["age_years"][i]),
        upper, lower, true, camera, data[first:last],
        tuple(arrays["names"].tolist()), arrays["kp"][i].astype(np.float64),
        arrays["xyz"][i].astype(np.float64) if "xyz" in arrays else None,
        int(arrays["person"][i]) if "person" in arrays else i,
    )  # fmt: skip


def _fault(arrays: Arrays, size_bytes: int) -> str:
    """What is wrong with a pack; empty where nothing is."""
    needed = ("off", "names", "kp", "box", "view", "age_years", "clothing_upper", "clothing_lower")
    if lacking := [name for name in needed if name not in arrays]:
        return f"it lacks {', '.join(lacking)}"
    names = arrays["names"].tolist()
    if unnamed := [name for name in COCO_17.keypoints if name not in names]:
        return f"names lacks {', '.join(unnamed)}"
    n = len(arrays["box"])
    shapes: dict[str, tuple[int, ...]] = {
        "off": (n + 1,), "kp": (n, len(names), 3), "box": (n, 4),
        **dict.fromkeys((*needed[4:], *(c for c in _MAY_BE if c in arrays)), (n,)),
        **({"xyz": (n, len(names), 3)} if "xyz" in arrays else {}),
        **dict.fromkeys((name for name in arrays if name.startswith(MEASURE)), (n,)),
    }  # fmt: skip
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            return f"{name} has the shape {arrays[name].shape}, not {shape}"
        if name not in _WORDS and arrays[name].dtype.kind not in "fiu":
            return f"{name} holds {arrays[name].dtype}, not numbers"
    off = arrays["off"]
    if n == 0 or off[0] != 0 or (np.diff(off) <= 0).any() or off[-1] > size_bytes:
        return f"off does not find {n} pictures in the {size_bytes} bytes beside it"
    for name, words in _WORDS.items():
        if strange := sorted(set(arrays[name].tolist()) - set(words)):
            return f"{name} holds {strange[0]!r}, which is none of {', '.join(words)}"
    if not (arrays["box"][:, 2:] - arrays["box"][:, :2] > 0.0).all():  # NaN is not above 0
        return "a box has no size"
    if not np.isfinite(arrays["kp"][arrays["kp"][..., 2] > 0]).all():
        return "kp has no place for a keypoint that it says is there"
    if not ((arrays["age_years"] >= 0.0) & (arrays["age_years"] < OLDEST_YEARS)).all():
        return f"age_years is not from 0 to {OLDEST_YEARS}"
    return ""
