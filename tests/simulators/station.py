"""A station as a process that can be killed: `station.py FOLDER PORT EVERY_S`.

Accepts a result every EVERY_S seconds, writes one line `seq sha256` for each after `accept` has
returned, and sends with the real uplink. Port 0: no uplink. A line on standard input ends the
accepting; the uplink goes on until standard input closes.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from simulators.assessments import assessment

from edge.mqtt.settings import MqttSettings
from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.uplink.uplink import Uplink


def main(folder: Path, port: int, every_s: float) -> None:
    mqtt = MqttSettings(port=port or 1, resend_s=0.4, keepalive_s=5)
    settings = Settings(site="north", station="hall-1", mqtt=mqtt)
    outbox = Outbox.open(
        folder / "outbox.db",
        site=settings.site,
        station=settings.station,
        limit_bytes=50_000_000,
        at_limit="refuse",
    )
    stop, enough = threading.Event(), threading.Event()

    def listen() -> None:
        sys.stdin.readline()
        enough.set()
        sys.stdin.read()
        stop.set()

    threading.Thread(target=listen, daemon=True).start()
    uplink = threading.Thread(target=Uplink(settings, outbox).run, args=(stop,))
    if port:
        uplink.start()
    while not enough.wait(every_s):
        seq = outbox.accept(assessment(outbox.counts().accepted))
        message = outbox.waiting(seq)
        digest = hashlib.sha256(message.body).hexdigest() if message else "gone"
        print(seq, digest, flush=True)
    stop.wait()
    if port:
        uplink.join()
    outbox.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
