"""`posture-station fms`: seven movements, from clips to a total that a person confirmed."""

from __future__ import annotations

from argparse import BooleanOptionalAction, Namespace
from pathlib import Path

from edge.cli.output import Output
from edge.cli.verb import OVERWRITE, Verb, argument
from edge.commands.station_options import settings_of

_SHEET = argument("sheet", type=Path, metavar="SHEET", help="The score sheet, a JSON file.")
_MOVEMENT = argument(
    "movement", metavar="MOVEMENT", help="The movement: deep_squat, hurdle_step and so on."
)
_SIDE = argument(
    "--side",
    choices=("left", "right"),
    default="",
    help="The side, where `posture-station fms rules` scores each side.",
)
_BY = argument("--by", required=True, metavar="CODE", help="Who decides, as a code.")
_SESSION = argument("--session", default="", help="An opaque code of the person's visit.")


def _record(options: Namespace, _out: Output) -> int:
    from edge.commands import fms

    return fms.record(settings_of(options), options.clip, options.out, overwrite=options.overwrite)


def _try(options: Namespace, out: Output) -> int:
    from edge.commands import fms

    return fms.add_try(settings_of(options), options, out)


def _score(options: Namespace, out: Output) -> int:
    from edge.commands import fms

    return fms.score(options, out)


def _confirm(options: Namespace, out: Output) -> int:
    from edge.commands import fms

    return fms.confirm(options, out)


def _clear(options: Namespace, out: Output) -> int:
    from edge.commands import fms

    return fms.clear(options.sheet, options.test, options.pain, out)


def _show(options: Namespace, out: Output) -> int:
    from edge.commands import fms

    return fms.show(options.sheet, out)


def _send(options: Namespace, out: Output) -> int:
    from edge.commands import fms

    return fms.send(settings_of(options), options.sheet, out)


def _rules(_options: Namespace, out: Output) -> int:
    from edge.commands import fms

    return fms.print_rules(out)


VERB = Verb(
    "fms",
    "Score the seven movements: a suggestion from films, confirmed by a person, added up and sent.",
    example="posture-station fms try sheet.json deep_squat --lateral squat.mp4\n"
    "posture-station fms confirm sheet.json --by op-7\n"
    "posture-station fms show sheet.json",
    steps=(
        Verb(
            "record",
            "Turn a clip into a file of keypoints. It holds no pictures.",
            example="posture-station fms record squat.mp4 --out squat.json",
            run=_record,
            waits="looking at the film",
            measures=True,
            arguments=(
                argument("clip", type=Path, metavar="CLIP", help="A video, or a pose sequence."),
                argument(
                    "--out",
                    type=Path,
                    required=True,
                    metavar="FILE",
                    help="Write the keypoints here.",
                ),
                OVERWRITE,
            ),
        ),
        Verb(
            "try",
            "Add a try to the sheet: films for a suggestion, or none for a score by eye.",
            example="posture-station fms try sheet.json deep_squat --lateral side.mp4 "
            "--frontal front.mp4",
            run=_try,
            waits="looking at the film",
            measures=True,
            arguments=(
                _SHEET,
                _MOVEMENT,
                _SIDE,
                *(
                    argument(
                        f"--{view}",
                        type=Path,
                        metavar="CLIP",
                        help=f"A video or pose sequence filmed {filmed}.",
                    )
                    for view, filmed in (
                        ("lateral", "from the side"),
                        ("frontal", "from the front"),
                        ("back", "from behind"),
                    )
                ),
                argument(
                    "--variation",
                    default="standard",
                    help="How it was performed; `posture-station fms rules` lists the ways.",
                ),
                argument(
                    "--sex",
                    choices=("male", "female"),
                    default="",
                    help="The person's sex, where the rules ask for it.",
                ),
                argument(
                    "--hand-mm",
                    type=float,
                    metavar="MM",
                    help="The hand from the wrist's crease to the fingertip.",
                ),
                argument("--stature-mm", type=float, metavar="MM", help="The person's stature."),
                argument("--pain", action="store_true", help="The movement hurt: it scores 0."),
                _SESSION,
            ),
        ),
        Verb(
            "score",
            "Enter scores by eye, all in one line. One with two sides is written left/right.",
            example="posture-station fms score sheet.json deep_squat=2 hurdle_step=2/3 "
            "rotary_stability=2/pain shoulder=no-pain --by op-7",
            run=_score,
            arguments=(
                _SHEET,
                argument(
                    "scores",
                    nargs="+",
                    metavar="MOVEMENT=SCORE",
                    help="A score is 0 to 3 or pain, LEFT/RIGHT where sides are scored; of a "
                    "clearing test it is pain or no-pain.",
                ),
                _BY,
                _SESSION,
            ),
        ),
        Verb(
            "confirm",
            "Take over every suggestion that waits for nothing; or the last try of one movement, "
            "which may be overridden.",
            example="posture-station fms confirm sheet.json --by op-7\n"
            "posture-station fms confirm sheet.json hurdle_step --side left --score 2 --by op-7",
            run=_confirm,
            arguments=(
                _SHEET,
                argument(
                    "movement",
                    nargs="?",
                    metavar="MOVEMENT",
                    help="Only this movement: deep_squat, hurdle_step and so on.",
                ),
                _SIDE,
                argument("--score", type=int, choices=range(4), help="Instead of the suggestion."),
                _BY,
            ),
        ),
        Verb(
            "clear",
            "Enter the answer of a clearing test.",
            example="posture-station fms clear sheet.json shoulder --no-pain",
            run=_clear,
            arguments=(
                _SHEET,
                argument(
                    "test",
                    metavar="TEST",
                    help="The test: shoulder, spinal_extension or spinal_flexion.",
                ),
                argument(
                    "--pain", action=BooleanOptionalAction, required=True, help="Whether it hurt."
                ),
            ),
        ),
        Verb(
            "show",
            "Show scores, evidence and total.",
            example="posture-station fms show sheet.json --json",
            run=_show,
            arguments=(_SHEET,),
            json="object",
            inputs="sheet",
        ),
        Verb(
            "send",
            "Put the sheet's scores into the outbox. They go to the collector as a screening does.",
            example="posture-station fms send sheet.json",
            run=_send,
            arguments=(_SHEET,),
        ),
        Verb(
            "rules",
            "List movements, variations and limits.",
            example="posture-station fms rules",
            run=_rules,
        ),
    ),
)
