"""systemd's units of broker and collector, so that both come back after a power cut."""

from __future__ import annotations

import sys
from pathlib import Path

from posture_tools.collector.site.broker_files import COLLECTOR_USER

from edge.files import make_folder, write_durably
from edge.mqtt.address import address

_BROKER = """# Written by `posture-collector site init`: the broker of {site}.
[Unit]
Description=Posture site {site}: broker
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=/usr/sbin/mosquitto -c {folder}/broker/mosquitto.conf
ExecReload=/bin/kill -HUP $MAINPID
User=mosquitto
Restart=always
RestartSec=2
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={folder}/broker
ProtectHome={home}
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
"""

_COLLECTOR = """# Written by `posture-collector site init`: the collector of {site}.
[Unit]
Description=Posture site {site}: collector
After=network-online.target posture-broker.service
Wants=network-online.target

[Service]
ExecStart={program} run --store {store} --site {site} --keys {folder}/keys \\
    --broker {broker} --ca-file {folder}/ca.pem \\
    --username {user} --password-file {folder}/keys/collector.password
Restart=always
RestartSec=2
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
{writes}ProtectHome={home}
PrivateTmp=yes
CapabilityBoundingSet=CAP_DAC_READ_SEARCH

[Install]
WantedBy=multi-user.target
"""


def write(folder: Path, store: str, site: str, host: str, port: int) -> None:
    """Both, in `systemd/` of the site's folder. All paths from the root.

    store : as `--store` names it.
    """
    written = [] if store.startswith("postgres") else [Path(store)]
    at_home = any(Path("/home") in path.parents for path in (folder, *written))
    broker = address(host, port)
    make_folder(folder / "systemd")
    for name, text in (("broker", _BROKER), ("collector", _COLLECTOR)):
        unit = text.format(
            site=site, folder=folder, store=store.replace("%", "%%"), broker=broker,
            user=COLLECTOR_USER,
            program=Path(sys.prefix) / "bin" / "posture-collector",
            home="read-only" if at_home else "yes",
            writes="".join(f"ReadWritePaths={path.parent}\n" for path in written),
        )  # fmt: skip
        write_durably(folder / "systemd" / f"posture-{name}.service", unit.encode(), mode=0o644)
