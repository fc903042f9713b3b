"""The command line of the collector: `posture-collector run | list | export | fleet | ...`."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from posture_tools.collector import desire
from posture_tools.collector.broker import broker
from posture_tools.collector.ingest import Collector
from posture_tools.collector.report import StationLine, as_json, fleet, results, write_csv
from posture_tools.collector.rollout import (
    Progress,
    advise,
    model_words,
    progress_of,
    stations,
)
from posture_tools.collector.store import Outcome, Store
from posture_tools.collector.stored_visit import stored_visit
from posture_tools.pipe import ends_with_its_reader
from rich.console import Console
from rich.table import Table

from edge.errors import PostureError, SettingsInvalid
from edge.mqtt.settings import MqttSettings
from edge.norms import shipped_norms
from edge.records import Quality
from edge.report.page import page, picture
from edge.report.words import words
from edge.wire.contract import asyncapi
from edge.wire.messages import Desired, Event, Result
from edge.wire.topics import topic_level

DEFAULT_STORE = Path.home() / ".local" / "state" / "posture-collector" / "collector.db"


@ends_with_its_reader()
def main(arguments: list[str] | None = None) -> int:
    """Parse, run, and turn our errors into one line and status 1."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except PostureError as error:
        print(f"posture-collector: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="posture-collector", description="MQTT to store.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, run: Callable[[argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(command=run)
        return command

    def add_stored(
        name: str, run: Callable[[argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        command = add(name, run, text)
        command.add_argument("--store", type=Path, default=DEFAULT_STORE, metavar="FILE")
        return command

    run = add_stored("run", _run, "Take in the results of one site until stopped.")
    _add_broker(run)
    run.add_argument("--verbose", action="store_true", help="one line for each stored result")
    listing = add_stored("list", _list, "The stored results.")
    listing.add_argument("--json", action="store_true", help="all of each result")
    export = add_stored("export", _export, "All measures, one row each.")
    export.add_argument("--csv", required=True, metavar="FILE", help="- for standard output")
    sheet = add_stored("report", _report, "One visit as a page that prints on one sheet.")
    sheet.add_argument(
        "result_id", metavar="RESULT_ID", help="STATION:EPOCH:SEQ, any of its results"
    )
    sheet.add_argument("-o", "--out", type=Path, required=True, metavar="FILE",
                      help=".html the page, .svg the figures alone")  # fmt: skip
    sheet.add_argument("--lang", default="en", metavar="LANG", help="en, zh, ko or ja")
    sheet.add_argument("--before", action="append", default=[], metavar="RESULT_ID",
                      help="an earlier visit of the same person, for the trend")  # fmt: skip
    stations = add_stored("fleet", _fleet, "Which station is silent, since when, what is missing.")
    stations.add_argument("--json", action="store_true")
    rollout = add_stored("rollout", _rollout, "A model's way through the fleet, and when to stop.")
    rollout.add_argument("sha256", metavar="SHA256", help="of the offered file")
    rollout.add_argument("--ring", type=int, required=True, metavar="PERCENT", help="as published")
    rollout.add_argument("--json", action="store_true")
    wanted = add("desire", _desire, "Pin, force or hold models; replaces what was desired before.")
    wanted.add_argument("stations", nargs="+", metavar="STATION")
    wanted.add_argument("--hold", action="store_true", help="take no new model")
    wanted.add_argument("--pin", action="append", default=[], metavar="SLOT=SHA256",
                        help="take this file only, whatever its ring and version")  # fmt: skip
    wanted.add_argument("--force", action="append", default=[], metavar="SHA256",
                        help="offer it again although it was rolled back")  # fmt: skip
    _add_broker(wanted)
    add("contract", _contract, "The wire contract: AsyncAPI 3 with JSON Schemas, as JSON.")
    add("demo-broker", _demo_broker, "A broker for a desk, until standard input closes.")
    return parser


def _add_broker(command: argparse.ArgumentParser) -> None:
    command.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT")
    command.add_argument("--site", default="desk")
    command.add_argument("--username", default="")
    command.add_argument("--password-file", default="", metavar="FILE")
    command.add_argument("--ca-file", default="", metavar="FILE", help="turns TLS on")
    command.add_argument("--cert-file", default="", metavar="FILE")
    command.add_argument("--key-file", default="", metavar="FILE")


def _broker_and_site(options: argparse.Namespace) -> tuple[MqttSettings, str]:
    host, _, port = options.broker.rpartition(":")
    if not host or not (port.isascii() and port.isdecimal()):
        raise SettingsInvalid(f"{options.broker!r} names no broker.", "Write HOST:PORT.")
    keys = ("username", "password_file", "ca_file", "cert_file", "key_file")
    given = {key: getattr(options, key) for key in keys}
    mqtt = MqttSettings(host=host, port=int(port), tls=bool(options.ca_file), **given)
    return mqtt, topic_level(options.site, "--site")


@contextmanager
def _until_signal() -> Iterator[threading.Event]:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    yield stop


def _run(options: argparse.Namespace) -> int:
    mqtt, site = _broker_and_site(options)

    def stored(outcome: Outcome) -> None:
        if options.verbose:
            for item in outcome.stored:
                print(
                    f"stored {item.key.station} {item.key.seq} {item.address.channel}"
                    f"{_said_origin(item.message)}",
                    flush=True,
                )

    ready = threading.Event()

    def say_ready() -> None:
        if not ready.is_set():
            ready.set()
            print(f"collecting {site} from {options.broker} into {options.store}", flush=True)

    def problem(text: str) -> None:
        print(f"posture-collector: {text}", file=sys.stderr, flush=True)

    with Store(options.store) as store, _until_signal() as stop:
        Collector(mqtt, store, site, on_batch=stored, on_problem=problem, on_ready=say_ready).run(
            stop
        )
    return 0


@contextmanager
def _existing(path: Path) -> Iterator[Store]:
    if not path.exists():
        raise SettingsInvalid(f"There is no store {path}.", "Name the one of `run` with --store.")
    with Store(path) as store:
        yield store


def _list(options: argparse.Namespace) -> int:
    with _existing(options.store) as store:
        if options.json:
            print(json.dumps([as_json(stored) for stored in results(store)], indent=1))
            return 0
        table = Table(
            "screened (UTC)",
            "station",
            "seq",
            "session",
            "kind",
            "view",
            "measured",
            "refused",
            "origin",
        )
        for stored in results(store):
            result = stored.result
            refused = sum(m.quality is Quality.REFUSED for m in result.measures)
            counts = (str(len(result.measures) - refused), str(refused))
            table.add_row(stored.screened_at, result.station, str(result.seq), result.session,
                          result.kind, result.view, *counts, result.origin)  # fmt: skip
        _show(table)
    return 0


def _show(table: Table) -> None:
    """Fit to the terminal; in a file or a pipe nothing is cut."""
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def _export(options: argparse.Namespace) -> int:
    with _existing(options.store) as store:
        if options.csv == "-":
            write_csv(store, sys.stdout)
            return 0
        with Path(options.csv).open("w", newline="", encoding="utf-8") as out:
            count = write_csv(store, out)
    print(f"{count} measures in {options.csv}")
    return 0


def _report(options: argparse.Namespace) -> int:
    texts = words(options.lang)
    with _existing(options.store) as store:
        screening = stored_visit(store, options.result_id, options.before)
    if options.out.suffix == ".svg":
        text = picture(screening, texts)
    else:
        text = page(screening, shipped_norms(), texts)
    options.out.write_text(text, encoding="utf-8")
    print(options.out)
    return 0


def _fleet(options: argparse.Namespace) -> int:
    with _existing(options.store) as store:
        lines = fleet(store)
    if options.json:
        print(json.dumps([dataclasses.asdict(line) for line in lines], indent=1))
        return 0
    table = Table("site", "station", "heard", "last word (UTC)", "results", "waiting", "missing",
                  "lost", "rejected", "conflicts", "models", "desired", "problem")  # fmt: skip
    for line in lines:
        heard = "now" if line.silent_s is None else f"silent for {line.silent_s / 60:.0f} min"
        waiting = "?" if line.waiting is None else str(line.waiting)
        counts = (line.missing, line.lost, line.rejected, line.conflicts)
        table.add_row(line.site, line.station, heard, line.seen_at, _results(line), waiting,
                      *map(str, counts), _models(line.models), line.desired,
                      line.problem)  # fmt: skip
    _show(table)
    return 0


def _results(line: StationLine) -> str:
    """How many, and how many of them did not come from a camera."""
    others = [f"{n} {origin}" for origin, n in line.origins.items() if origin != "camera"]
    return f"{line.results} ({', '.join(others)})" if others else str(line.results)


def _said_origin(message: Result | Event) -> str:
    """Where a result's frames came from, unless it was a camera."""
    if isinstance(message, Event) or message.origin == "camera":
        return ""
    return f" ({message.origin})"


def _models(actual: Mapping[str, str]) -> str:
    return ", ".join(f"{slot} {version}" for slot, version in actual.items()) or "as shipped"


def _rollout(options: argparse.Namespace) -> int:
    """Exit status 1 when the roll-out has stopped: publish the ring that is advised."""
    with _existing(options.store) as store:
        progress = progress_of(stations(store), model_words(store), options.sha256, options.ring)
    advice = advise(progress, options.ring)
    if options.json:
        rows = [dataclasses.asdict(each) for each in progress]
        report = {"stations": rows, "advice": dataclasses.asdict(advice)}
        print(json.dumps(report, indent=1, default=str))
    else:
        table = Table("station", "desired", "progress", "reason", "since (UTC)", "actual")
        for each in progress:
            outside = each.progress is Progress.OUTSIDE
            since = f"{each.since:%Y-%m-%d %H:%M}" if each.since else ""
            table.add_row(each.station, "" if outside else options.sha256[:12], each.progress,
                          each.reason, since, _models(each.actual))  # fmt: skip
        _show(table)
        then = "" if advice.ring is None else f"; publish --ring {advice.ring}"
        print(f"{'STOP: ' if advice.stopped else ''}{advice.why}{then}")
    return 1 if advice.stopped else 0


def _desire(options: argparse.Namespace) -> int:
    """Exit status 1 where the broker did not take it for all of them."""
    mqtt, site = _broker_and_site(options)
    said = {
        "schema": "ps.desired/1", "version": 0, "hold": options.hold, "force": options.force,
        "pin": dict(pin.rpartition("=")[::2] for pin in options.pin),
    }  # fmt: skip
    try:
        wanted = msgspec.convert(said, Desired)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(
            f"This cannot be desired: {error}.",
            "A pin is SLOT=SHA256, and a sha256 is 64 lower-case hexadecimal digits.",
        ) from error
    for name in options.stations:
        topic_level(name, "STATION")
    version = desire.publish(mqtt, site, options.stations, wanted)
    print(f"version {version} for {', '.join(options.stations)}: {desire.Wish(wanted, True)}")
    return 0


def _contract(_options: argparse.Namespace) -> int:
    print(json.dumps(asyncapi(), indent=2))
    return 0


def _demo_broker(_options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # leaves the context in good order
    with contextlib.suppress(KeyboardInterrupt), broker() as running:
        print(json.dumps(dataclasses.asdict(running)), flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
