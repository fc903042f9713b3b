"""`posture-collector dead-letters` and `conflicts`: what was not taken in, looked after."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from functools import partial

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector import letters
from posture_tools.collector.collector_options import STORE, existing_store

Act = Callable[[letters.Kind, Namespace, Output], int]


def _list(kind: letters.Kind, options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        for letter in letters.letters(store, kind):
            out.entry(letter)
            out.line(str(letter))
    return 0


def _show(kind: letters.Kind, options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        topic, payload = letters.one(store, kind, options.sha256)
    out.line(topic)
    out.line(ascii(payload.decode(errors="backslashreplace"))[1:-1].replace("\\n", "\n"))
    return 0


def _replay(kind: letters.Kind, options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        taken, said = letters.replay(store, kind, options.sha256)
    out.line(said)
    return 0 if taken else 1


def _erase(kind: letters.Kind, options: Namespace, out: Output) -> int:
    with existing_store(options.store) as store:
        letters.erase(store, kind, options.sha256)
    out.line("erased")
    return 0


_SHA256 = argument("sha256", help="The first digits of its body's sha256, as the list shows it.")


def _steps(kind: letters.Kind) -> tuple[Verb, ...]:
    def step(name: str, says: str, act: Act) -> Verb:
        example = f"posture-collector {kind} {name} 3f786850e387"
        return Verb(name, says, example, run=partial(act, kind), arguments=(_SHA256,))

    return (
        Verb(
            "list",
            "List them, oldest first.",
            example=f"posture-collector {kind} list --store collector.db",
            run=partial(_list, kind),
            waits="reading the store",
            json="array",
            inputs="store",
        ),
        step("show", "Show one as it came, harmless to a terminal.", _show),
        step(
            "replay",
            "Take one in after all: a newer collector may know what an older did not. The exit "
            "status is 1 where it still cannot be taken in.",
            _replay,
        ),
        step("erase", "Forget one.", _erase),
    )


DEAD_LETTERS = Verb(
    "dead-letters",
    "Look after what could not be taken in. A station is told; what it vouches for is kept here "
    "until somebody decides.",
    example="posture-collector dead-letters list\nposture-collector dead-letters replay 3f786850",
    arguments=(STORE,),
    steps=_steps("dead-letters"),
)
CONFLICTS = Verb(
    "conflicts",
    "Look after second bodies under one number: a card that was copied or restored.",
    example="posture-collector conflicts list\nposture-collector conflicts show 3f786850",
    arguments=(STORE,),
    steps=_steps("conflicts"),
)
