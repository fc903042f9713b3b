"""systemd's units of broker and collector, so that both come back after a power cut."""

from __future__ import annotations

import sys
from pathlib import Path

from posture_tools.collector.site.about import SiteFile

from edge.files import make_folder, write_durably

_BROKER = """# Written by `posture-collector site init`: {broker} of {site}.
[Unit]
Description=Posture site {site}: {broker}
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=/usr/sbin/mosquitto -c {folder}/{broker}/mosquitto.conf
ExecReload=/bin/kill -HUP $MAINPID
User=mosquitto
Restart=always
RestartSec=2
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={folder}/{broker}
ProtectHome={home}
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
"""

_COLLECTOR = """# Written by `posture-collector site init`: the collector of {site}.
[Unit]
Description=Posture site {site}: collector
After=network-online.target {after}
Wants=network-online.target

[Service]
ExecStart={program} run --config {folder}/collector.toml
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


def write(folder: Path, store: str, about: SiteFile) -> None:
    """One for each broker and one for the collector, in `systemd/` of the site's folder. All paths
    from the root.

    store : as `--store` names it.
    """
    written = [] if store.startswith("postgres") else [Path(store)]
    at_home = any(Path("/home") in path.parents for path in (folder, *written))
    common = {"site": about.site, "folder": folder, "home": "read-only" if at_home else "yes"}
    brokers = [place.folder for place in about.places]
    texts = {name: _BROKER.format(broker=name, **common) for name in brokers}
    texts["collector"] = _COLLECTOR.format(
        program=Path(sys.prefix) / "bin" / "posture-collector",
        after=" ".join(f"posture-{name}.service" for name in brokers),
        writes="".join(f"ReadWritePaths={path.parent}\n" for path in written),
        **common,
    )
    make_folder(folder / "systemd")
    for name, text in texts.items():
        write_durably(folder / "systemd" / f"posture-{name}.service", text.encode(), mode=0o644)
