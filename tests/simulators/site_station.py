"""A station of a written site, as a process: `site_station.py STATION_TOML STATE_DIR PORT EVERY_S`.

Accepts a result every EVERY_S seconds, each a session of its own, and writes `session epoch seq` of
each after `accept` has returned. It speaks without TLS to PORT, where a test changes bits. A line
on standard input ends the accepting; the uplink goes on until standard input closes.
"""

from __future__ import annotations

import secrets
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import msgspec
from simulators.assessments import assessment

from edge.engine.station_key import station_signer, told_enrolment
from edge.errors import OutboxUnusable
from edge.results.outbox import Outbox
from edge.settings import load_settings
from edge.uplink.uplink import Uplink


def main(boot: Path, state: Path, port: int, every_s: float) -> None:
    settings = load_settings(boot)
    mqtt = msgspec.structs.replace(
        settings.mqtt, host="127.0.0.1", port=port, tls=False, ca_file="", resend_s=0.4,
        keepalive_s=5, allow_plain=True,
    )  # fmt: skip
    settings = msgspec.structs.replace(settings, state_dir=str(state), mqtt=mqtt)
    state.mkdir(parents=True, exist_ok=True)
    outbox = Outbox.open(
        state / "outbox.db",
        site=settings.site, station=settings.station, limit_bytes=50_000_000, at_limit="refuse",
        signer=station_signer(settings),
    )  # fmt: skip
    stop, enough = threading.Event(), threading.Event()

    def listen() -> None:
        sys.stdin.readline()
        enough.set()
        sys.stdin.read()
        stop.set()

    threading.Thread(target=listen, daemon=True).start()
    work = Uplink(settings, outbox, enrolment=lambda: told_enrolment(state))
    uplink = threading.Thread(target=work.run, args=(stop,))
    uplink.start()
    while not enough.wait(every_s):
        session, epoch = secrets.token_hex(8), outbox.epoch
        while True:
            try:
                seq = outbox.accept(assessment(session=session))
                break
            except OutboxUnusable:  # as the engine does: its disk is being mended
                time.sleep(0.1)
        # A new epoch may begin between: then it is known by its session alone.
        print(session, epoch if outbox.epoch == epoch else "-", seq, flush=True)
    stop.wait()
    uplink.join()
    outbox.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
