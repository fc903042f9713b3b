"""From which side people are said to be seen, and from which they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from posture_tools.cli import tracked
from posture_tools.evaluate.contenders import Contender
from posture_tools.evaluate.labelled import Person
from posture_tools.evaluate.photos import Picture
from rich.table import Table

from edge.errors import LabelsInvalid
from edge.posture.views import view_of
from edge.records import View

VIEWS: tuple[View, ...] = ("front", "back", "right", "left")
MISSED = "missed"
CALLED = (*VIEWS, "unknown", MISSED)


@dataclass(frozen=True, slots=True)
class Confusion:
    """What one contender called the people of one set who are seen from one side.

    called : view, `unknown`, or `missed` where the person was not found -> how many.
    """

    contender: str
    set_name: str
    view: str
    people: int
    called: dict[str, int]

    @property
    def right(self) -> float:
        """Part of the people whose view was called right."""
        return self.called.get(self.view, 0) / self.people


def known_views(people: Sequence[Person]) -> list[tuple[Person, View]]:
    """Those of whom it is known from which side they are seen."""
    return [(p, view) for p in people if p.wanted for view in VIEWS if p.view == view]


def examine(
    contenders: Sequence[Contender], pictures: Sequence[Picture], quiet: bool
) -> list[Confusion]:
    """Ask every contender for the view of everybody whose view is known.

    Raises
    ------
    ImageUnreadable, LabelsInvalid : a photograph that is damaged, or nobody whose view is known.
    """
    called: Counter[tuple[str, str, str, str]] = Counter()
    for picture in tracked(pictures, "looking", quiet=quiet):
        known = known_views(picture.people)
        if not known:
            continue
        frame = picture.read()
        for contender, (person, view) in product(contenders, known):
            pose = contender.locate(frame, person)
            said = MISSED if pose is None else view_of(pose).view
            called[contender.name, picture.set_name, view, said] += 1
    if not called:
        raise LabelsInvalid(
            "of nobody in these pictures is it known from which side they are seen.",
            "Name one of the sets in looked_at.toml, or a folder of test bodies.",
        )
    return confusions(called)


def confusions(called: Counter[tuple[str, str, str, str]]) -> list[Confusion]:
    """Counts by contender, set, true view and called view, as one line a true view."""
    names, sets = (dict.fromkeys(key[place] for key in called) for place in (0, 1))
    found = []
    for name, set_name, view in product(names, sets, VIEWS):
        said = {c: called[name, set_name, view, c] for c in CALLED}
        if people := sum(said.values()):
            found.append(Confusion(name, set_name, view, people, said))
    return found


def tables(found: Sequence[Confusion]) -> Iterator[Table]:
    """One table a set: true views down, called views across."""
    for set_name in dict.fromkeys(line.set_name for line in found):
        table = Table(title=f"views, {set_name}", title_justify="left")
        for heading in ("contender", "seen from"):
            table.add_column(heading)
        for heading in ("people", "right", *(f"called\n{view}" for view in CALLED)):
            table.add_column(heading, justify="right")
        before = ""
        for line in found:
            if line.set_name == set_name:
                table.add_row(
                    "" if line.contender == before else line.contender,
                    *(line.view, str(line.people), f"{line.right:.0%}"),
                    *(str(line.called[view] or "") for view in CALLED),
                )
                before = line.contender
        yield table
