"""Models against each other on the same labelled photographs, in one run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from posture_tools.cli import tracked
from posture_tools.evaluate.contenders import Contender
from posture_tools.evaluate.photos import Photo
from posture_tools.evaluate.report import number
from posture_tools.evaluate.scores import Scores, Sight, TiltError, score
from rich.table import Table

VIEWS = ("front", "back", "right", "left", "side")


@dataclass(frozen=True, slots=True)
class Row:
    """One model on one set, all of it or the people of one view."""

    model: str
    set_name: str
    view: str
    scores: Scores


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Everything one run found. sights[model][i] is of photos[i]."""

    contenders: tuple[Contender, ...]
    photos: tuple[Photo, ...]
    sights: dict[str, list[Sight]]

    def rows(self) -> list[Row]:
        """All sets, models and views that have somebody to compare, or an empty room to watch."""
        rows: list[Row] = []
        for set_name in dict.fromkeys(photo.set_name for photo in self.photos):
            at = [i for i, photo in enumerate(self.photos) if photo.set_name == set_name]
            for name, sights in self.sights.items():
                mine = [sights[i] for i in at]
                if not any(sight.elapsed_ms for sight in mine):
                    continue  # nobody labelled, so a network that needs a box was never asked
                rows.append(Row(name, set_name, "all", score(mine)))
                views = ((view, score(mine, view)) for view in VIEWS)
                rows += [Row(name, set_name, view, s) for view, s in views if s.people]
        return rows


def compare(contenders: Sequence[Contender], photos: Sequence[Photo], quiet: bool) -> Comparison:
    """Show every photograph to every model, model by model within a photograph.

    So all of them meet the same load of the machine, and their times may be laid side by side.

    Raises
    ------
    ImageUnreadable, LabelsInvalid : a photograph that is damaged or is not the labelled one.
    """
    sights: dict[str, list[Sight]] = {contender.name: [] for contender in contenders}
    for photo in tracked(photos, "comparing", quiet=quiet):
        frame = photo.read()
        for contender in contenders:
            sights[contender.name].append(contender.see(frame, photo.people))
    return Comparison(tuple(contenders), tuple(photos), sights)


def tables(comparison: Comparison) -> Iterable[Table]:
    """One table a set, for people."""
    size = {contender.name: contender.size_bytes for contender in comparison.contenders}
    rows = comparison.rows()
    for set_name in dict.fromkeys(row.set_name for row in rows):
        table = Table(title=set_name, title_justify="left")
        for heading in ("model", "view"):
            table.add_column(heading)
        for heading in (
            "people", "AP", "AP50", "AR", "OKS", "PCK\n@0.2", "PCK\n@0.1",
            "shoulder tilt, deg\nmedian / p90", "hip tilt, deg\nmedian / p90", "ghosts", "ms", "MB",
        ):  # fmt: skip
            table.add_column(heading, justify="right")
        for row in (row for row in rows if row.set_name == set_name):
            table.add_row(*_cells(row, size[row.model]))
        yield table


def _cells(row: Row, size_bytes: int) -> list[str]:
    s = row.scores
    shares = (s.ap, s.ap50, s.ar, s.mean_oks, s.pck_02, s.pck_01)
    return [
        row.model if row.view == "all" else "",
        row.view,
        str(s.people),
        *(number(share, 3) for share in shares),
        _tilt(s.shoulder_tilt),
        _tilt(s.hip_tilt),
        number(s.ghosts, 2),
        number(s.ms, 1),
        f"{size_bytes / 1e6:.1f}",
    ]


def _tilt(error: TiltError) -> str:
    missed = f" ({error.missed} missed)" if error.missed else ""
    return f"{number(error.median_deg, 1)} / {number(error.p90_deg, 1)}{missed}"
