"""`posture-station fms STEP`: seven movements, from clips to a total that a person confirmed."""

from __future__ import annotations

import argparse
import secrets
import time
from collections import Counter
from pathlib import Path
from typing import Literal

import msgspec
from rich.table import Table
from rich.text import Text

from edge.app import open_outbox
from edge.camera.disk import kind_on_disk
from edge.cli.output import Output
from edge.desk.outputs import Outputs
from edge.errors import SettingsInvalid
from edge.estimation.factory import estimator_for
from edge.fms.line import scored
from edge.fms.outcome import assessment_of
from edge.fms.recording import read_sequence, read_sheet, write_sequence, write_sheet
from edge.fms.rules import FilmedFrom, shipped_rules
from edge.fms.sequence import PoseSequence
from edge.fms.sheet import Clearing, Sheet, Total, Try, add_up
from edge.fms.suggest import Suggestion, suggest
from edge.inference.opencv_threads import leave_cores_to_networks
from edge.inference.shipped import NONE
from edge.posture.views import view_of
from edge.records import View
from edge.screening.subject import choose
from edge.settings import Settings
from edge.shown import shown
from edge.sightings.sightings import open_source

_FILMED: tuple[FilmedFrom, ...] = ("lateral", "frontal", "back")
_FITTING: dict[FilmedFrom | Literal["any"], tuple[View, ...]] = {
    "lateral": ("right", "left"), "frontal": ("front", "back"), "back": ("back",),
    "any": ("right", "left", "front", "back"),
}  # fmt: skip


def record(settings: Settings, clip: Path, target: Path, *, overwrite: bool) -> int:
    Outputs([clip], overwrite=overwrite).claim(target)
    write_sequence(target, _film(settings, clip, _FITTING["any"]))
    return 0


def add_try(settings: Settings, options: argparse.Namespace, out: Output) -> int:
    return _keep(options.sheet, _tried(settings, options), out)


def score(options: argparse.Namespace, out: Output) -> int:
    """Enter scores given by eye, all in one line."""
    sheet = _sheet(options)
    return _keep(options.sheet, scored(sheet, options.scores, options.by, shipped_rules()), out)


def confirm(options: argparse.Namespace, out: Output) -> int:
    """One try confirmed, or, where none is named, every suggestion that waits for nothing."""
    sheet = read_sheet(options.sheet)
    if options.movement:
        by = (options.movement, options.side, options.score, options.by)
        return _keep(options.sheet, sheet.confirmed(*by), out)
    if options.score is not None or options.side:
        raise SettingsInvalid(
            "A score or a side belongs to one movement.", "Name the movement, or leave both out."
        )
    sheet, still_open = sheet.all_confirmed(options.by)
    for reason in still_open:
        out.note(reason, style="yellow")
    return _keep(options.sheet, sheet, out)


def clear(path: Path, test: str, pain: bool, out: Output) -> int:
    sheet = read_sheet(path).with_clearing(Clearing(test, pain), shipped_rules())
    return _keep(path, sheet, out)


def _keep(path: Path, sheet: Sheet, out: Output) -> int:
    """Write the sheet and print it: every step that changes it shows it."""
    write_sheet(path, sheet)
    return _show(sheet, out)


def _sheet(options: argparse.Namespace) -> Sheet:
    """The sheet named, or a new one."""
    if options.sheet.exists():
        return read_sheet(options.sheet)
    return Sheet(session=options.session or secrets.token_hex(8), rules=shipped_rules().version)


def _tried(settings: Settings, options: argparse.Namespace) -> Sheet:
    rules = shipped_rules()
    sheet = _sheet(options)
    movement = rules.movement(options.movement)
    variation = options.variation
    if variation == "standard" and "flat" in movement.variations:
        variation = "flat"
    movement.best_score(variation, options.sex)  # refused before a long film is looked at
    films = {
        filmed: _film(settings, path, _FITTING[filmed])
        for filmed in _FILMED
        if (path := getattr(options, filmed)) is not None
    }
    hand_pct_h = None
    if options.hand_mm and options.stature_mm:
        hand_pct_h = 100.0 * options.hand_mm / options.stature_mm
    suggestion: Suggestion | None = None
    if films and not options.pain:
        suggestion = suggest(
            rules, options.movement, films, side=options.side, variation=variation,
            sex=options.sex, hand_pct_h=hand_pct_h,
        )  # fmt: skip
    one = Try(
        movement=options.movement, side=options.side, variation=variation, pain=options.pain,
        suggestion=suggestion,
    )  # fmt: skip
    return sheet.with_try(one, rules)


def _film(settings: Settings, path: Path, expected: tuple[View, ...]) -> PoseSequence:
    """A recorded sequence, or the subject of a video."""
    if kind_on_disk(path).name == "JSON":
        return read_sequence(path)
    source = open_source(path, is_video=True)
    leave_cores_to_networks()
    fast = msgspec.structs.replace(settings.models, close=NONE)
    estimator = estimator_for(fast, everyone=False)
    poses, times_s = [], []
    while (frame := source.read()) is not None:
        subject = choose(estimator.estimate(frame), frame.width_px)
        if subject is not None:
            poses.append(subject.pose)
            times_s.append(frame.captured_ns / 1e9)
    source.close()
    views = Counter(view_of(pose).view for pose in poses)
    fitting = [view for view, _ in views.most_common() if view in expected]
    # Lying people have no facing; no criterion of theirs asks for one.
    return PoseSequence.of(poses, times_s, fitting[0] if fitting else expected[0])


def send(settings: Settings, path: Path, out: Output) -> int:
    sheet = read_sheet(path)
    outbox = open_outbox(settings)
    try:
        seq = outbox.accept(assessment_of(sheet, shipped_rules(), time.time_ns()))
    finally:
        outbox.close()
    out.line(f"saved {seq}: the scores of session {sheet.session}")
    return 0


def show(path: Path, out: Output) -> int:
    return _show(read_sheet(path), out)


def _show(sheet: Sheet, out: Output) -> int:
    outcome = add_up(sheet, shipped_rules())
    out.answer({"sheet": sheet, "outcome": outcome})
    for one in sheet.tries:
        if one.suggestion is not None and one.score is None:
            out.table(_evidence_table(one, one.suggestion))
    out.table(_score_table(sheet, outcome))
    rules = shipped_rules()
    if outcome.total is None:
        out.line(f"no total yet: {len(outcome.incomplete)} open")
    else:
        groups = ", ".join(f"{group} {score}" for group, score in outcome.groups.items())
        flag = f"at or below {rules.flag_at}" if outcome.flagged else f"above {rules.flag_at}"
        out.line(f"total {outcome.total} of 21 ({groups}), {flag}.")
        out.line(rules.flag_weakness, style="dim")
        out.line(
            f"A change of less than {rules.least_change} points is noise. "
            "Screening, not a diagnosis.",
            style="dim",
        )
    return 0


def _evidence_table(one: Try, suggestion: Suggestion) -> Table:
    waits = f", waits for: {', '.join(suggestion.undecided)}" if suggestion.undecided else ""
    table = Table(
        "criterion", "measured", "at", "verdict",
        title=f"{one.movement} {one.side} {one.variation}: suggested {suggestion.score}{waits}",
        title_justify="left",
    )  # fmt: skip
    for each in suggestion.criteria:
        value = "" if each.value is None else f"{each.measure} {each.value:+.1f}"
        at = "" if each.at_s is None else f"{each.at_s:.2f} s"
        table.add_row(each.name, value, at, each.verdict.replace("_", " "))
    for name in suggestion.by_eye:
        table.add_row(name, "", "", "judge by eye")
    return table


def _score_table(sheet: Sheet, outcome: Total) -> Table:
    table = Table(
        "movement",
        "right",
        "left",
        "score",
        "remarks",
        title=Text(f"session {shown(sheet.session)}"),
    )
    for line in outcome.lines:
        sides = [_number(line.sides.get(side)) for side in ("right", "left")]
        remarks = [*line.why, *(["asymmetric"] if line.asymmetric else [])]
        table.add_row(line.movement, *sides, _number(line.final), ", ".join(remarks))
    return table


def _number(score: int | None) -> str:
    return "-" if score is None else str(score)


def print_rules(out: Output) -> int:
    rules = shipped_rules()
    table = Table("movement", "filmed", "variations", "criterion", "limit", title=rules.version)
    for name, movement in rules.movements.items():
        variations = msgspec.json.encode(movement.variations).decode().replace('"', "")
        for i, each in enumerate(movement.criteria):
            limit = next(
                f"{word} {value:g}"
                for word, value in (
                    (">=", each.at_least), ("<=", each.at_most), ("within", each.within),
                )
                if value is not None
            )  # fmt: skip
            first = (name, " ".join(movement.views), variations) if i == 0 else ("", "", "")
            table.add_row(*first, each.name, f"{each.measure} {limit}")
    out.table(table)
    return 0
