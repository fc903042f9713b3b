"""People who come again: is a change seen, and is none seen where there was none?

Test bodies of one number are one person before one camera, in other clothes, light and stance. Each
pair of their pictures is judged as a report judges two visits, and held against what truly changed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from posture_tools.cli import tracked
from posture_tools.evaluate.angle_error import short_way
from posture_tools.evaluate.bodies import measure
from posture_tools.evaluate.body_pack import Body, by_person
from posture_tools.evaluate.body_truth import in_picture
from posture_tools.evaluate.contenders import Contender
from posture_tools.evaluate.report import number
from posture_tools.evaluate.views import VIEWS
from rich.table import Table

from edge.errors import SettingsInvalid
from edge.records import Basis, Measure
from edge.report.change import change
from edge.report.together import Combined

# True changes, as a part of the smallest one that counts: people sway, and nobody changes by
# exactly so much as is asked for.
_UNCHANGED = 0.3
_CHANGED = (1.5, 1.9)


@dataclass(frozen=True, slots=True)
class Seen:
    """One measure of one picture, and what it truly is there."""

    found: Measure
    true: float


@dataclass(slots=True)
class Changes:
    """The pairs of one measure of one contender in one view.

    refused : a visit has no value. same, same_called : pairs that did not change, and how many were
    called changed. other, other_called : that changed by 1.5 to 1.9 times the smallest change that
    counts, and how many were called changed, in the right direction. least : these smallest
    changes.
    """

    contender: str
    view: str
    code: str
    unit: str
    refused: int = 0
    same: int = 0
    same_called: int = 0
    other: int = 0
    other_called: int = 0
    least: list[float] = field(default_factory=list)

    def take(self, before: Seen, now: Seen) -> None:
        """Count a pair."""
        judged = change(_alone(before.found), _alone(now.found))
        if judged.delta is None or judged.least is None:
            self.refused += 1
            return
        self.least.append(judged.least)
        true = short_way(now.true - before.true, self.unit)
        times = abs(true) / max(judged.least, 1e-9)
        called = judged.verdict == "changed"
        if times <= _UNCHANGED:
            self.same += 1
            self.same_called += called
        elif _CHANGED[0] <= times <= _CHANGED[1]:
            self.other += 1
            self.other_called += called and judged.delta * true > 0.0


def examine(contenders: Sequence[Contender], bodies: Sequence[Body], quiet: bool) -> list[Changes]:
    """Show every visit to every contender.

    Raises
    ------
    SettingsInvalid : nobody comes twice.
    ImageUnreadable : a picture that is damaged.
    """
    again = [visits for visits in by_person(bodies) if len(visits) > 1]
    if not again:
        raise SettingsInvalid(
            "nobody of these bodies comes twice.",
            "Make some who do: python -m posture_tools.bodies exam --visits 2 --changed.",
        )
    found: dict[tuple[str, str, str], Changes] = {}
    for visits in tracked(again, "measuring", quiet=quiet):
        for contender in contenders:
            seen = [_seen(contender, body) for body in visits]
            for before, now in itertools.combinations(seen, 2):
                for code in before.keys() & now.keys():
                    key = (contender.name, visits[0].view, code)
                    unit = now[code].found.unit
                    found.setdefault(key, Changes(*key, unit)).take(before[code], now[code])
    order = [contender.name for contender in contenders]
    return sorted(
        found.values(), key=lambda c: (order.index(c.contender), VIEWS.index(c.view), c.code)
    )


def _seen(contender: Contender, body: Body) -> dict[str, Seen]:
    """Code -> what was measured, with a value or refused, where the truth is known."""
    frame = body.read()
    exact = in_picture(body, body.calibration(frame))
    return {
        found.code: Seen(found, exact[found.code, found.definition])
        for found in measure(contender, frame, body)
        if (found.code, found.definition) in exact
    }


def _alone(found: Measure) -> Combined:
    """A visit of one view, by networks and a camera that stay the same."""
    return Combined(found, (found.view,), ("rendered",), (Basis(),))


def tables(rows: Sequence[Changes]) -> Iterator[Table]:
    """A table a contender."""
    for name in dict.fromkeys(row.contender for row in rows):
        shown = Table("view", "measure", title=f"{name}, visits", title_justify="left")
        called = "called changed"
        for heading in ("refused", "smallest change", "unchanged", called, "changed", called):
            shown.add_column(heading, justify="right")
        for row in (row for row in rows if row.contender == name):
            least = median(row.least) if row.least else math.nan
            shown.add_row(
                *(row.view, row.code, str(row.refused), f"± {number(least, 2)}"),
                *(str(row.same), _share(row.same_called, row.same)),
                *(str(row.other), _share(row.other_called, row.other)),
            )
        yield shown


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"
