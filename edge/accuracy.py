"""How well a network reads each measure: found on bodies known exactly, kept in its description.

A network's error is a constant of the person and the pose far more than noise, so it is told per
measure, view and clothing, and not per picture; left and right err together, and what they do to a
difference is seen in the difference. `python -m posture_tools.evaluate accuracy` finds it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, get_args

import msgspec

Clothing = Literal["bare", "tight", "loose"]
CLOTHING: tuple[Clothing, ...] = get_args(Clothing)
# Below it a keypoint counts as weak where nobody knows from which height on intervals hold.
CONFIDENT = 0.5
# What a picture tells of how far its keypoints are off: nothing, the shape of the heatmaps, or how
# far the looks of the measuring pass lie apart.
Predictor = Literal["", "maps", "looks"]
Deviation = Annotated[float, msgspec.Meta(ge=0)]
Code = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,47}$")]


class MeasureAccuracy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One measure in one view, over people dressed alike.

    definition : its version. clothing : the loosest over its landmarks.
    n : readings it was found on.
    gain, shift : gain x reading + shift is what the body is likely to have: a network that is not
        sure reads too little of a tilt. The rest is said of readings that were set right so.
    slope : change of the reading for a change of the body by 1; None where the bodies do not tell.
    slope_photos : the same for a line that was sheared in photographs; None where none was.
    bias : mean error, in the measure's unit; of lengths % of stature, as of all that follows.
    sd : deviation about the truth, bias included; 1.96 of it hold 95 %.
    sd_change : of what a second visit of the same person, dressed anew, does not share.
    predictor : where a picture tells how large its error is, by what; `sd` and `sd_change` are then
        factors of the deviation that it foretells.
    """

    code: Code
    view: Literal["front", "back", "right", "left"]
    clothing: Clothing
    n: Annotated[int, msgspec.Meta(ge=1)]
    sd: Deviation
    sd_change: Deviation
    definition: str = "1"
    gain: Annotated[float, msgspec.Meta(ge=0.5, le=2)] = 1.0
    shift: float = 0.0
    slope: float | None = None
    slope_photos: float | None = None
    bias: float = 0.0
    predictor: Predictor = ""

    @property
    def followed(self) -> float:
        """Change of the reading for a change of the body by 1, before it is set right."""
        return (1.0 if self.slope is None else self.slope) / self.gain


class Accuracy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """All that is known of how a network reads.

    bodies : which sets it was found on; networks found on the same are comparable.
    stature_px : how tall the smallest bodies of these sets are; smaller people are read worse.
    confident : height of a heatmap's peak from which on its intervals hold; of readings with a
        lower one among their keypoints they hold less often than they say.
    """

    bodies: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    stature_px: Annotated[float, msgspec.Meta(gt=0)]
    measures: tuple[MeasureAccuracy, ...]
    confident: Annotated[float, msgspec.Meta(gt=0, le=1)] = CONFIDENT

    @cached_property
    def _rows(self) -> dict[tuple[str, ...], MeasureAccuracy]:
        return {(m.code, m.definition, m.view, m.clothing): m for m in self.measures}

    def of(
        self, code: str, definition: str, view: str, clothing: Clothing
    ) -> MeasureAccuracy | None:
        """How a measure is read for people dressed like that, else for the next looser clothing;
        None where neither was found.

        code, definition : of the measure. view : from which it is taken. clothing : over its
        landmarks.
        """
        for worn in CLOTHING[CLOTHING.index(clothing) :]:
            if (row := self._rows.get((code, definition, view, worn))) is not None:
                return row
        return None
