"""What a station says of the moment, and what an operator may ask of it meanwhile.

Words of the moment are neither retained nor stored: whoever does not listen has missed them. They
hold prompts, numbers and points, never pictures. The commands go only to stations whose birth names
them.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from edge.records import View
from edge.wire.fields import Count, Name
from edge.wire.result import Coordinate

LiveKind = Literal["prompt", "aim", "fms"]
# A code of a prompt, a criterion or a reason: newer stations have more of them.
Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_:.-]{0,80}$(?!\n)")]
AskedView = Literal["front", "right", "back", "left"]
Side = Literal["left", "right", ""]
# Thousandths of the picture's width and height, from its upper left corner.
InPicture = Annotated[int, msgspec.Meta(ge=-1000, le=2000)]
Session = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,200}$(?!\n)")]
OpaqueOrNone = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{0,64}$(?!\n)")]
AIM_MOST_S = 300


class Prompting(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="ps.prompt/1"):
    """What a station asks of the person before it, told when it changes, and every 5 s while
    somebody is there.

    session, person : of the visit that goes on, and the code it was asked for; of an order that
    waits, the code alone. view : asked for now; captured of `repeats` are done of it. closed : the
    views that are done. busy : what it does instead of screening.
    """

    code: Code
    session: Name = ""
    person: Name = ""
    view: View | Literal[""] = ""
    closed: Annotated[tuple[View, ...], msgspec.Meta(max_length=4)] = ()
    captured: Count = 0
    repeats: Count = 0
    busy: Literal["", "film", "aim"] = ""


class Aim(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="ps.aim/1"):
    """How a person stands before the camera, without pixels; stored nowhere.

    picture_px : width and height. people : how many are seen. points : keypoint -> place, of the
    one that would be measured. whole : the whole body lies in the picture. found : what fails, as
    codes of prompts. distance_mm : from the lens; None where neither calibration nor stature tell.
    roll_deg : by which the body's lines lie turned in the picture, + clockwise; None where they
    disagree. yaw_deg : how far the person is turned from the view; view : from which side.
    height_part : stature over the picture's height. left_s : until aiming ends by itself.
    """

    picture_px: tuple[Count, Count]
    people: Count = 0
    points: Annotated[dict[Name, tuple[InPicture, InPicture]], msgspec.Meta(max_length=64)] = {}
    whole: bool = False
    found: Annotated[tuple[Code, ...], msgspec.Meta(max_length=16)] = ()
    view: View = "unknown"
    distance_mm: float | None = None
    roll_deg: float | None = None
    yaw_deg: float | None = None
    height_part: float | None = None
    left_s: float = 0.0


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One criterion of a movement: what was measured, when (s into the film), and the verdict."""

    name: Code
    measure: Code
    value: float | None
    at_s: float | None
    verdict: Literal["met", "failed", "near_limit", "not_seen"]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """The latest try of a movement on one side, with its evidence: numbers and a figure.

    suggested : None without a film; undecided : criteria that a person must judge first; by_eye :
    what no camera sees. figure : the person at the film's deepest moment. score : as confirmed.
    """

    movement: Code
    side: Side = ""
    tries: Count = 1
    suggested: Annotated[int, msgspec.Meta(ge=0, le=3)] | None = None
    undecided: tuple[Code, ...] = ()
    by_eye: tuple[Code, ...] = ()
    criteria: tuple[Seen, ...] = ()
    figure: dict[str, tuple[Coordinate, Coordinate]] = {}
    pain: bool = False
    score: Annotated[int, msgspec.Meta(ge=0, le=3)] | None = None


class FmsSheet(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="ps.fms/1"):
    """The score sheet of a session as the station holds it, told after each step.

    clearing : test -> whether it hurt. filming : the movement filmed now. problem : why the last
    film gave nothing. open : what keeps the total from being one. saved : the number of its result.
    """

    session: Name
    attempts: Annotated[tuple[Attempt, ...], msgspec.Meta(max_length=24)] = ()
    clearing: dict[Code, bool] = {}
    filming: Code = ""
    problem: Annotated[str, msgspec.Meta(max_length=500)] = ""
    open: tuple[Code, ...] = ()
    total: int | None = None
    saved: bool = False


LIVE: dict[str, type[msgspec.Struct]] = {"prompt": Prompting, "aim": Aim, "fms": FmsSheet}


class RepeatCommand(msgspec.Struct, frozen=True):
    """Capture a view of the visit that goes on once more; both results stay, the newer counts."""

    session: Session
    view: AskedView


class EndCommand(msgspec.Struct, frozen=True):
    """End the visit with this session, keeping what was captured; or take back the order that waits
    for this code."""

    session: Name = ""
    code: OpaqueOrNone = ""

    def __post_init__(self) -> None:
        if bool(self.session) == bool(self.code):
            raise ValueError("name either a session or a code")


class AimCommand(msgspec.Struct, frozen=True):
    """Send points instead of screening for so long; 0 ends it. stature_mm : of who stands there."""

    seconds: Annotated[float, msgspec.Meta(ge=0, le=AIM_MOST_S)]
    stature_mm: Annotated[float, msgspec.Meta(ge=500, le=2500)] | None = None


class FmsCommand(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of the seven movements in the visit that goes on.

    film : look at the movement for `seconds`, or until `stop`, from the side `filmed`; a second
    film of the same try from another side adds to its evidence. score : confirm the latest try with
    this score, or with what was suggested where none is given; `pain` is 0. clear : a clearing test
    was done. save : the sheet is a result from here on. show : tell the sheet again. by : an opaque
    code of who confirms.
    """

    session: Session
    step: Literal["film", "stop", "score", "clear", "save", "show"]
    movement: Code = ""
    side: Side = ""
    variation: Code = ""
    filmed: Literal["lateral", "frontal", "back"] = "lateral"
    seconds: Annotated[float, msgspec.Meta(ge=3, le=60)] = 20.0
    score: Annotated[int, msgspec.Meta(ge=0, le=3)] | None = None
    pain: bool = False
    test: Code = ""
    by: OpaqueOrNone = ""


OPERATING: dict[str, type[msgspec.Struct]] = {
    "repeat": RepeatCommand, "end": EndCommand, "aim": AimCommand, "fms": FmsCommand,
}  # fmt: skip
