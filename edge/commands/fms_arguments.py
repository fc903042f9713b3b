"""What may be written behind `posture-station fms`. Light: `--help` must not wait for numba."""

from __future__ import annotations

import argparse
from pathlib import Path

_SIDES = ("left", "right")


def add_fms(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb and its steps."""
    text = "seven movements: suggest, confirm, add up, send"
    fms = verbs.add_parser("fms", help=text, description=text)
    steps = fms.add_subparsers(dest="step", required=True, metavar="STEP")

    record = steps.add_parser("record", help="a clip to a file of keypoints, without pictures")
    record.add_argument("clip", type=Path, metavar="CLIP", help="a video, or a pose sequence")
    record.add_argument("--out", type=Path, required=True, metavar="FILE")
    record.add_argument("--overwrite", action="store_true", help="replace files of others too")

    one = steps.add_parser("try", help="add a try: films for a suggestion, or a score by eye")
    _on_sheet(one)
    _of_movement(one)
    for view in ("lateral", "frontal", "back"):
        one.add_argument(f"--{view}", type=Path, metavar="CLIP", help="a video or a pose sequence")
    one.add_argument("--variation", default="standard", help="as performed; see `fms rules`")
    one.add_argument("--sex", choices=("male", "female"), default="")
    one.add_argument("--hand-mm", type=float, metavar="MM", help="wrist crease to fingertip")
    one.add_argument("--stature-mm", type=float, metavar="MM")
    one.add_argument("--pain", action="store_true", help="the movement hurt: it scores 0")
    one.add_argument("--session", default="", help="opaque code of the person's visit")

    confirm = steps.add_parser("confirm", help="take over the last suggestion, or override it")
    _on_sheet(confirm)
    _of_movement(confirm)
    confirm.add_argument("--score", type=int, choices=range(4), help="instead of the suggestion")
    confirm.add_argument("--by", required=True, metavar="CODE", help="who decides, as a code")

    clear = steps.add_parser("clear", help="the answer of a clearing test")
    _on_sheet(clear)
    clear.add_argument("test", metavar="TEST", help="shoulder, spinal_extension, spinal_flexion")
    answer = clear.add_mutually_exclusive_group(required=True)
    answer.add_argument("--pain", action="store_true")
    answer.add_argument("--no-pain", action="store_true")

    show = steps.add_parser("show", help="scores, evidence and total")
    _on_sheet(show)
    show.add_argument("--json", action="store_true", help="for machines")
    send = steps.add_parser("send", help="put the sheet's scores into the outbox")
    _on_sheet(send)
    steps.add_parser("rules", help="movements, variations and limits")


def _on_sheet(step: argparse.ArgumentParser) -> None:
    step.add_argument("sheet", type=Path, metavar="SHEET", help="a score sheet (JSON)")


def _of_movement(step: argparse.ArgumentParser) -> None:
    step.add_argument("movement", metavar="MOVEMENT", help="deep_squat, hurdle_step, ...")
    step.add_argument("--side", choices=_SIDES, default="", help="as the rules name sides")
