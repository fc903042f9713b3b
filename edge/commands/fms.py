"""`posture-station fms STEP`: seven movements, from clips to a total that a person confirmed."""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
from rich.console import Console
from rich.table import Table

from edge.app import open_outbox
from edge.camera.opencv import VIDEO_SUFFIXES
from edge.commands.sightings import open_source
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
from edge.posture.views import view_of
from edge.records import View
from edge.screening.subject import choose
from edge.settings import Settings

_FILMED: tuple[FilmedFrom, ...] = ("lateral", "frontal", "back")
_FITTING: dict[FilmedFrom | Literal["any"], tuple[View, ...]] = {
    "lateral": ("right", "left"), "frontal": ("front", "back"), "back": ("back",),
    "any": ("right", "left", "front", "back"),
}  # fmt: skip


def run(settings: Settings, options: argparse.Namespace) -> int:
    """One step. Every step that changes the sheet shows it."""
    if options.step == "rules":
        return _print_rules()
    if options.step == "record":
        write_sequence(options.out, _film(settings, options.clip, _FITTING["any"]))
        return 0
    if options.step == "send":
        return _send(settings, read_sheet(options.sheet))
    steps: dict[str, Callable[[], Sheet]] = {
        "try": lambda: _tried(settings, options),
        "score": lambda: scored(_sheet(options), options.scores, options.by, shipped_rules()),
        "confirm": lambda: _confirmed(options),
        "clear": lambda: read_sheet(options.sheet).with_clearing(
            Clearing(options.test, options.pain), shipped_rules()
        ),
    }
    if options.step == "show":
        return _show(read_sheet(options.sheet), as_json=options.json)
    sheet = steps[options.step]()
    write_sheet(options.sheet, sheet)
    return _show(sheet, as_json=False)


def _sheet(options: argparse.Namespace) -> Sheet:
    """The sheet named, or a new one."""
    if options.sheet.exists():
        return read_sheet(options.sheet)
    return Sheet(session=options.session or secrets.token_hex(8), rules=shipped_rules().version)


def _confirmed(options: argparse.Namespace) -> Sheet:
    """One try confirmed, or, where none is named, every suggestion that waits for nothing."""
    sheet = read_sheet(options.sheet)
    if options.movement:
        return sheet.confirmed(options.movement, options.side, options.score, options.by)
    if options.score is not None or options.side:
        raise SettingsInvalid(
            "A score or a side belongs to one movement.", "Name the movement, or leave both out."
        )
    sheet, still_open = sheet.all_confirmed(options.by)
    for reason in still_open:
        Console(stderr=True).print(reason, style="yellow", markup=False, highlight=False)
    return sheet


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
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        return read_sequence(path)
    source = open_source(path)
    leave_cores_to_networks()
    estimator = estimator_for(settings.models, everyone=False)
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


def _send(settings: Settings, sheet: Sheet) -> int:
    outbox = open_outbox(settings)
    try:
        seq = outbox.accept(assessment_of(sheet, shipped_rules(), time.time_ns()))
    finally:
        outbox.close()
    Console().print(f"saved {seq}: the scores of session {sheet.session}", highlight=False)
    return 0


def _show(sheet: Sheet, *, as_json: bool) -> int:
    outcome = add_up(sheet, shipped_rules())
    if as_json:
        message = {"sheet": msgspec.to_builtins(sheet), "outcome": msgspec.to_builtins(outcome)}
        sys.stdout.write(
            msgspec.json.format(msgspec.json.encode(message), indent=1).decode() + "\n"
        )
        return 0
    console = Console(width=None if sys.stdout.isatty() else 160)
    for one in sheet.tries:
        if one.suggestion is not None and one.score is None:
            console.print(_evidence_table(one, one.suggestion))
    console.print(_score_table(sheet, outcome))
    rules = shipped_rules()
    if outcome.total is None:
        console.print(f"no total yet: {len(outcome.incomplete)} open", highlight=False)
    else:
        groups = ", ".join(f"{group} {score}" for group, score in outcome.groups.items())
        flag = f"at or below {rules.flag_at}" if outcome.flagged else f"above {rules.flag_at}"
        console.print(f"total {outcome.total} of 21 ({groups}), {flag}.", highlight=False)
        console.print(f"[dim]{rules.flag_weakness}[/dim]", highlight=False)
        console.print(
            f"[dim]A change of less than {rules.least_change} points is noise. "
            "Screening, not a diagnosis.[/dim]",
            highlight=False,
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
    table = Table("movement", "right", "left", "score", "remarks", title=f"session {sheet.session}")
    for line in outcome.lines:
        sides = [_number(line.sides.get(side)) for side in ("right", "left")]
        remarks = [*line.why, *(["asymmetric"] if line.asymmetric else [])]
        table.add_row(line.movement, *sides, _number(line.final), ", ".join(remarks))
    return table


def _number(score: int | None) -> str:
    return "-" if score is None else str(score)


def _print_rules() -> int:
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
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    return 0
