"""`posture-collector command`: what a station does at once, with its answer."""

from __future__ import annotations

from argparse import BooleanOptionalAction, Namespace
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.collector_options import BROKER, STORE, broker_and_site
from posture_tools.collector.command import ANSWER_S, send
from posture_tools.collector.opening import open_store
from posture_tools.collector.worker_key import load_granted

from edge.errors import CommandRefused, SettingsInvalid, StationUnreachable
from edge.wire import ranges
from edge.wire.commands import EraseCommand, ResendCommand
from edge.wire.order import Order
from edge.wire.topics import topic_level

Body = TypeVar("Body", bound=msgspec.Struct)
Told = Callable[[dict[str, Any]], str]


def _screen(options: Namespace, out: Output) -> int:
    given = {
        "stature_mm": options.stature_mm,
        "age_years": options.age,
        "sex": options.sex,
        "hand_length_mm": options.hand_length_mm,
        "tibia_height_mm": options.tibia_height_mm,
        "pain": options.pain,
    }
    order = _body(
        Order,
        code=options.code,
        consent_version=options.consent,
        inputs={name: value for name, value in given.items() if value is not None},
    )
    return _send(options, out, "screen", order, lambda data: f"waits for {data.get('code')}")


def _erase(options: Namespace, out: Output) -> int:
    body = _body(EraseCommand, session=options.session, seqs=options.seq)
    _stations(options)
    what = f"session {options.session}" if options.session else f"results {_numbers(options.seq)}"
    question = f"Erase {what} at {', '.join(options.stations)} and in the store, for ever?"
    if not options.yes and not out.ask(question):
        raise CommandRefused("Nothing was erased.")
    return _send(options, out, "erase", body, lambda data: f"erased {_ranges(data)}")


def _resend(options: Namespace, out: Output) -> int:
    last = options.first if options.last is None else options.last
    body = _body(ResendCommand, **{"from": options.first, "to": last})
    return _send(options, out, "resend", body, lambda data: f"sends {_ranges(data)}")


def _send(options: Namespace, out: Output, name: str, body: msgspec.Struct, told: Told) -> int:
    mqtt, site = broker_and_site(options)
    stations = _stations(options)
    key = None if options.keys is None else load_granted(options.keys, "command")
    with open_store(options.store) as store:
        number = store.next_number()
    for station, response in send(
        mqtt, site, stations, name, body, number=number, key=key, on_away=out.note
    ):
        with out.reading(station):
            if response is None:
                silence = f"{station} gave no answer in {ANSWER_S} s; the command is void."
                remedy = "`posture-collector fleet` says whether it is there; then say it again."
                out.problem(StationUnreachable(silence, remedy), station)
            elif not response.ok:
                out.problem(CommandRefused(f"{station}: {response.problem}."), station)
            else:
                out.entry({"station": station, "command": name, "data": response.data})
                out.line(f"{station}: {told(response.data)}")
    return 0


def _stations(options: Namespace) -> list[str]:
    return [topic_level(name, "STATION") for name in dict.fromkeys(options.stations)]


def _body(kind: type[Body], **said: Any) -> Body:
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(f"This cannot be commanded: {error}.", "Mend that option.") from error


def _numbers(seqs: list[int]) -> str:
    return ranges.told(ranges.compress(seqs))


def _ranges(data: dict[str, Any]) -> str:
    """What a station says it found: `3-9` of {"ranges": [[3, 9]]}."""
    try:
        return ranges.told(msgspec.convert(data.get("ranges"), ranges.Ranges))
    except msgspec.ValidationError:
        return str(data)


VERB = Verb(
    "command",
    "Let stations do something at once, and show their answers. A station that is away hears "
    "nothing of it. The exit status is 1 where one refuses, and 4 where one gives no answer.",
    example="posture-collector command hall-1 screen --code p-17 --consent 2026-05\n"
    "posture-collector command hall-1 hall-2 erase --session 5f1c9a --site north",
    arguments=(
        argument("stations", nargs="+", metavar="STATION", help="A station, or several."),
        STORE,
        *BROKER,
    ),
    steps=(
        Verb(
            "screen",
            "Start a screening of the person who steps up next.",
            example="posture-collector command hall-1 screen --code p-17 --consent 2026-05 "
            "--stature-mm 1720",
            run=_screen,
            waits="waiting for the stations",
            arguments=(
                argument(
                    "--code",
                    required=True,
                    help="An opaque code of the person or the appointment, never a name.",
                ),
                argument(
                    "--consent",
                    required=True,
                    metavar="VERSION",
                    help="The version of the text that the person agreed to.",
                ),
                argument("--stature-mm", type=float, metavar="MM", help="The person's stature."),
                argument("--age", type=float, metavar="YEARS", help="The person's age, for norms."),
                argument("--sex", choices=("female", "male"), help="The person's sex, for norms."),
                argument(
                    "--hand-length-mm",
                    type=float,
                    metavar="MM",
                    help="The hand from the wrist's crease to the tip of the third finger.",
                ),
                argument(
                    "--tibia-height-mm",
                    type=float,
                    metavar="MM",
                    help="The height of the tibial tuberosity over the floor.",
                ),
                argument(
                    "--pain", action=BooleanOptionalAction, help="Whether the person is in pain."
                ),
            ),
            json="array",
            inputs="stations",
            called="station",
        ),
        Verb(
            "erase",
            "Forget results, at the station and in the store. It cannot be undone, and asks first.",
            example="posture-collector command hall-1 erase --session 5f1c9a\n"
            "posture-collector command hall-1 erase --seq 4 5 --yes",
            run=_erase,
            waits="waiting for the stations",
            arguments=(
                argument("--session", default="", help="Forget all results of this session."),
                argument(
                    "--seq",
                    type=int,
                    nargs="+",
                    default=[],
                    metavar="N",
                    help="Forget the results with these numbers.",
                ),
                argument("--yes", action="store_true", help="Do not ask."),
            ),
            json="array",
            inputs="stations",
            called="station",
        ),
        Verb(
            "resend",
            "Send again what the station still has, also what the collector once rejected.",
            example="posture-collector command hall-1 resend --from 3 --to 9",
            run=_resend,
            waits="waiting for the stations",
            arguments=(
                argument(
                    "--from",
                    dest="first",
                    type=int,
                    required=True,
                    metavar="N",
                    help="The first number.",
                ),
                argument(
                    "--to",
                    dest="last",
                    type=int,
                    metavar="N",
                    help="The last number. The default is the first alone.",
                ),
            ),
            json="array",
            inputs="stations",
            called="station",
        ),
    ),
)
