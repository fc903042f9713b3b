"""10 000 TLS connections straight to three brokers, 5 000 through HAProxy: a command.

`python tests/budgets/many_connections.py --straight 10000 --balanced 5000` prints CPU and memory of
brokers and balancer, and the memory of a worker that serves all three.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from posture_tools.collector.site.authority import certify_broker, make_authority
from posture_tools.load.connecting import allow_connections
from posture_tools.load.cpu import resident_mb
from simulators.balancer import Balancer
from simulators.children import Child
from simulators.mosquitto import Mosquitto
from simulators.waiting import eventually


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--straight", type=int, default=10_000)
    parser.add_argument("--balanced", type=int, default=5_000)
    options = parser.parse_args()
    where = "/usr/sbin:/usr/bin:/sbin:/bin"
    mosquitto, haproxy = (shutil.which(name, path=where) for name in ("mosquitto", "haproxy"))
    if mosquitto is None or haproxy is None:
        sys.exit("mosquitto or haproxy is missing (Debian packages of these names)")
    allow_connections(max(options.straight, 2 * options.balanced))
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        make_authority(folder, "load")
        certify_broker(folder, folder / "broker", ["127.0.0.1"])
        tls = (f"certfile {folder}/broker.pem", f"keyfile {folder}/broker.key")
        brokers = [
            stack.enter_context(
                Mosquitto(mosquitto, folder / f"broker-{n}", *tls, "max_queued_messages 100000")
            )
            for n in range(3)
        ]
        lines = ['site = "load"', f'store = "{folder}/collector.db"']
        for broker in brokers:
            lines += ["[[broker]]", f"port = {broker.port}", "tls = true",
                      f'ca_file = "{folder}/ca.pem"']  # fmt: skip
        (folder / "collector.toml").write_text("\n".join(lines))
        worker = Child(
            "-m", "posture_tools.collector", "run", "--config", str(folder / "collector.toml")
        )
        stack.callback(worker.kill)
        eventually(lambda: bool(worker.lines), within_s=300)
        measured = [w for n, b in enumerate(brokers) for w in ("--process", f"broker-{n}={b.pid}")]
        measured += ["--process", f"worker={worker.pid}"]
        common = [sys.executable, "-m", "posture_tools.load", "connect", "--site", "load",
                  "--ca-file", f"{folder}/ca.pem"]  # fmt: skip

        def connect(count: int, ports: list[int], *more: str) -> None:
            named = [w for port in ports for w in ("--broker", f"127.0.0.1:{port}")]
            subprocess.run([*common, "--count", str(count), *named, *measured, *more], check=False)

        if options.straight:
            print(f"straight to {len(brokers)} brokers", flush=True)
            connect(options.straight, [broker.port for broker in brokers])
        if options.balanced:
            ports = [broker.port for broker in brokers]
            balancer = stack.enter_context(
                Balancer(haproxy, folder / "balancer", ports, most=options.balanced + 100)
            )
            print("through the balancer", flush=True)
            connect(options.balanced, [balancer.port], "--process", f"balancer={balancer.pid}")
        print(f"a worker at three brokers with them: {resident_mb(worker.pid):.0f} MB")


if __name__ == "__main__":
    main()
