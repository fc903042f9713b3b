"""`python -m posture_tools.load run | size`."""

from __future__ import annotations

import statistics
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Sequence

from posture_tools.cli import Output, Program, Verb, argument
from posture_tools.load.connecting import Lines, connect_all
from posture_tools.load.cpu import cpu_s, resident_mb
from posture_tools.load.sending import Plan, Sender
from posture_tools.load.simulated import SimulatedStation
from posture_tools.load.sizes import Costs, size
from rich.table import Table

from edge.errors import SettingsInvalid
from edge.mqtt.settings import MqttSettings, broker_at
from edge.wire.topics import topic_level

_SENDER = ""  # ourselves among the processes
_CLOCKS_OFF_S = (-50 * 365 * 86_400.0, 40 * 86_400.0)  # no battery; a month ahead


def _run(options: Namespace, out: Output) -> int:
    site = topic_level(options.site, "--site")
    given = MqttSettings(keepalive_s=300)  # a sender that makes results does not listen
    brokers = [broker_at(each, given) for each in options.broker or ["127.0.0.1:1883"]]
    if options.stations < 1 or options.each < 1:
        raise SettingsInvalid("Nothing would be sent.", "Give --stations and --each from 1 on.")
    processes = {name: int(pid) for name, _, pid in (p.partition("=") for p in options.process)}
    stations = [
        SimulatedStation(site, f"{options.prefix}-{n}", options.measures, _clock_off_s(n, options))
        for n in range(options.stations)
    ]
    plan = Plan(
        options.each, options.rate, options.malice, options.outage, options.patience,
        options.prepared,
    )  # fmt: skip
    lanes = min(options.connections, len(stations))
    used_s: dict[str, float] = {}

    def begin() -> None:
        used_s.update({name: cpu_s(pid) for name, pid in processes.items()})
        used_s[_SENDER] = time.process_time()

    start = threading.Barrier(lanes, begin)
    senders = [
        Sender(brokers[lane % len(brokers)], stations[lane::lanes], plan, start)
        for lane in range(lanes)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    took_s = time.monotonic() - min(sender.began_s for sender in senders)
    tallies = [sender.tally for sender in senders]
    sent = sum(tally.sent for tally in tallies)
    delays_s = sorted(delay for tally in tallies for delay in tally.delays_s)
    answered = len(delays_s)
    said = {
        "stations": options.stations,
        "sent": sent,
        "answered": answered,
        "unanswered": sum(t.unanswered for t in tallies),
        "sent_again": sum(t.again for t in tallies),
        "false": sum(t.false for t in tallies),
        "false_taken": sum(t.wrongly for t in tallies),
        "rejected": sum(t.rejected for t in tallies),
        "bytes_a_result": round(
            sum(t.bytes for t in tallies) / max(1, sum(t.sent for t in tallies))
        ),
        "seconds": round(took_s, 2),
        "results_a_second": round(answered / took_s, 1),
        "receipt_median_s": round(statistics.median(delays_s), 3) if delays_s else None,
        "receipt_99_s": round(delays_s[int(answered * 0.99)], 3) if delays_s else None,
        "receipt_longest_s": round(delays_s[-1], 3) if delays_s else None,
    }
    if _SENDER in used_s:  # nothing where the senders did not come to begin
        said["sender_cpu_ms"] = round(
            (time.process_time() - used_s.pop(_SENDER)) * 1000 / max(1, answered), 3
        )
    for name, before_s in used_s.items():
        used = cpu_s(processes[name]) - before_s
        said[f"{name}_mb"] = round(resident_mb(processes[name]), 1)
        said[f"{name}_cpu_ms"] = round(used * 1000 / max(1, answered), 3)
    for sender in senders:
        if sender.problem:
            out.note(sender.problem)
    for name, value in said.items():
        out.line(f"{name:20} {value}")
    out.answer(said)
    return 1 if said["unanswered"] or said["false_taken"] else 0


def _connect(options: Namespace, out: Output) -> int:
    given = MqttSettings(tls=bool(options.ca_file), ca_file=options.ca_file)
    brokers = [broker_at(each, given) for each in options.broker or ["127.0.0.1:1883"]]
    processes = {name: int(pid) for name, _, pid in (p.partition("=") for p in options.process)}
    before = {name: (cpu_s(pid), resident_mb(pid)) for name, pid in processes.items()}
    lines = Lines(brokers, topic_level(options.site, "--site"), options.count, options.hold)
    told = connect_all(lines)
    said = {
        "asked": options.count,
        "connected": told.connected,
        "failed": options.count - told.connected,
        "held": told.held,
        "connects_a_second": round(told.connected / max(told.took_s, 1e-9), 1),
        "connect_median_ms": round(told.median_s * 1000, 1),
        "connect_99_ms": round(told.worst_s * 1000, 1),
    }
    for name, pid in processes.items():
        cpu, mb = before[name]
        there = max(1, told.connected)
        said[f"{name}_cpu_ms_a_connect"] = round((told.cpu_s(pid) - cpu) * 1000 / there, 3)
        said[f"{name}_mb"] = round(told.resident_mb(pid), 1)
        said[f"{name}_kb_a_connection"] = round((told.resident_mb(pid) - mb) * 1000 / there, 1)
    for problem, count in told.problems.items():
        out.note(f"{count} x {problem}")
    for name, value in said.items():
        out.line(f"{name:30} {value}")
    out.answer(said)
    return 0 if told.held == options.count else 1


def _clock_off_s(number: int, options: Namespace) -> float:
    every = round(1 / options.wrong_clocks) if options.wrong_clocks else 0
    if not every or number % every:
        return 0.0
    return _CLOCKS_OFF_S[number // every % len(_CLOCKS_OFF_S)]


def _size(options: Namespace, out: Output) -> int:
    costs = Costs(options.worker_ms, options.database_ms, options.broker_ms, options.kb)
    table = Table("stations", "results/s", "peak/s", "health/s", "workers", "database cores",
                  "brokers", "GB a year")  # fmt: skip
    for stations in options.stations:
        each = size(stations, options.results_a_day, costs, options.connections)
        out.entry(each)
        rates = (f"{each.mean_hz:.2f}", f"{each.peak_hz:.1f}", f"{each.health_hz:.0f}")
        parts = (str(each.workers), f"{each.database_cores:.1f}", str(each.brokers))
        table.add_row(str(each.stations), *rates, *parts, f"{each.year_gb:.0f}")
    out.table(table)
    return 0


PROGRAM = Program(
    "python -m posture_tools.load",
    "Act as thousands of stations, and say what a site of that size needs.",
    example="python -m posture_tools.load run --stations 500 --each 100 --site north\n"
    "python -m posture_tools.load size 1000 100000 --worker-ms 0.25",
    verbs=(
        Verb(
            "run",
            "Send signed results until each has its receipt. At an open site the keys are taken at "
            "first sight. The exit status is 1 where a receipt is missing or a false message was "
            "taken.",
            example="python -m posture_tools.load run --stations 500 --each 100 --broker db:1883",
            run=_run,
            arguments=(
                argument("--broker", action="append", metavar="HOST:PORT",
                         help="A broker; several are taken in turn."),
                argument("--site", default="desk", help="The site of all stations."),
                argument("--prefix", default="load", help="Stations are PREFIX-0 and so on."),
                argument("--stations", type=int, default=100, help="So many."),
                argument("--each", type=int, default=20, help="So many results of each."),
                argument("--connections", type=int, default=4, help="Stations share so many."),
                argument("--measures", type=int, default=24, help="In each result."),
                argument("--rate", type=float, default=0.0, metavar="HZ",
                         help="Results a second of each connection; 0 for as fast as it goes."),
                argument("--outage", type=float, default=0.0, metavar="S",
                         help="In the middle nobody reaches the broker for so long."),
                argument("--prepared", action="store_true",
                         help="Make and sign all results before the clock starts, and let each "
                         "station have one receipt before."),
                argument("--wrong-clocks", type=float, default=0.0, metavar="PART",
                         help="This part of the stations is in 1970 or 40 days ahead."),
                argument("--malice", type=float, default=0.0, metavar="PART",
                         help="So many false messages for each honest one."),
                argument("--patience", type=float, default=60.0, metavar="S",
                         help="Give up when no receipt came for so long."),
                argument("--process", action="append", default=[], metavar="NAME=PID",
                         help="Say how much it computes for a result, its children too."),
            ),
            json="object",
        ),
        Verb(
            "connect",
            "Hold so many connections, each subscribed as a station is. The exit status is 1 where "
            "one was refused or lost.",
            example="python -m posture_tools.load connect --count 10000 --broker b-1:8883 "
            "--broker b-2:8883 --ca-file ca.pem",
            run=_connect,
            arguments=(
                argument("--broker", action="append", metavar="HOST:PORT",
                         help="A broker or balancer; several are taken in turn."),
                argument("--site", default="desk", help="The site of all stations."),
                argument("--count", type=int, default=1000, help="So many."),
                argument("--ca-file", default="", metavar="FILE",
                         help="Speak TLS, with brokers whose certificates this authority signed."),
                argument("--hold", type=float, default=10.0, metavar="S",
                         help="Keep all of them for so long."),
                argument("--process", action="append", default=[], metavar="NAME=PID",
                         help="Say what it computes and holds for a connection."),
            ),
            json="object",
        ),
        Verb(
            "size",
            "Compute what so many stations need, from the cost of one result. The defaults were "
            "measured on two busy cores: measure your own with `run --process`.",
            example="python -m posture_tools.load size 1000 10000 100000",
            run=_size,
            arguments=(
                argument("stations", nargs="+", type=int, metavar="STATIONS", help="So many."),
                argument("--results-a-day", type=float, default=200.0, metavar="N",
                         help="Of one station."),
                argument("--worker-ms", type=float, default=0.25, metavar="MS",
                         help="Of one core for a result, in the worker."),
                argument("--database-ms", type=float, default=0.2, metavar="MS",
                         help="The same in the database."),
                argument("--broker-ms", type=float, default=0.03, metavar="MS",
                         help="The same in the broker."),
                argument("--kb", type=float, default=2.0, metavar="KB",
                         help="Of the database's disk for a result."),
                argument("--connections", type=int, default=20_000, metavar="N",
                         help="Of one broker at most."),
            ),
            json="array",
        ),
    ),
)  # fmt: skip


def main(words: Sequence[str] | None = None) -> int:
    return PROGRAM.main(words)


if __name__ == "__main__":
    sys.exit(main())
