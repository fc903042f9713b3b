"""mosquitto's files: TLS only, a password each, and each station may write its own topics only."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from posture_tools.collector.home_assistant import DISCOVERY
from posture_tools.collector.site import authority
from posture_tools.collector.site.about import BrokerPlace, SiteFile

from edge.files import write_durably
from edge.wire.live import LIVE
from edge.wire.topics import Topics

COLLECTOR_USER = "_collector"  # no station can be called so
OPERATOR_USER = "_operator"
HOME_ASSISTANT_USER = "_home-assistant"
_PEOPLE = {COLLECTOR_USER: "collector.password", OPERATOR_USER: "operator.password"}
_ROUNDS = 101  # mosquitto's own; the passwords are random, no dictionary holds them


def people(home_assistant: bool) -> dict[str, str]:
    """Users that are no stations, and the files of their passwords."""
    others = {HOME_ASSISTANT_USER: "home-assistant.password"} if home_assistant else {}
    return _PEOPLE | others


def new_password() -> str:
    """192 random bits."""
    return secrets.token_urlsafe(24)


def configuration(folder: Path, port: int) -> str:
    """mosquitto.conf. The queue is large, for the default drops what a collector could not read
    in time, and every result would be sent again."""
    return f"""# Written by `posture-collector site init`.
listener {port}
certfile {folder}/broker.pem
keyfile {folder}/broker.key
tls_version tlsv1.2
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
pid_file {folder}/mosquitto.pid
persistence true
persistence_location {folder}/
max_queued_messages 100000
max_inflight_messages 1000
message_size_limit 65536
set_tcp_nodelay true
log_dest stderr
"""


def write_broker(folder: Path, place: BrokerPlace, certificate: Path | authority.OwnFiles) -> None:
    """A broker's certificate and its mosquitto.conf, in its folder of the site's.

    certificate : the folder of the site's authority, or files of one's own.
    """
    at = (folder / place.folder).absolute()
    if isinstance(certificate, Path):
        authority.certify_broker(certificate, at / "broker", place.names)
    else:
        write_durably(at / "broker.pem", certificate[1], mode=0o644)
        write_durably(at / "broker.key", certificate[2], mode=0o600)
    write_durably(at / "mosquitto.conf", configuration(at, place.port).encode(), mode=0o644)


def access(site: str, *, home_assistant: bool = False) -> str:
    """home_assistant : it may read how stations are, and nothing that they measured.

    acl: `pattern` lines hold for every user, with its name in place of %u."""
    own = Topics(site, "%u")
    every = Topics(site, "+")
    writes = (own.state, own.birth, own.health, own.enrol, own.message("result/+"),
              own.message("event/+"), own.response("+"), *map(own.live, LIVE))  # fmt: skip
    reads = (own.receipt, own.desired, own.state, own.command("+"), own.collector_state)
    collects = (every.state, every.birth, every.health, every.enrol, every.desired,
                every.message("result/+"), every.message("event/+"),
                every.collector_state)  # fmt: skip
    visitor = [
        f"user {HOME_ASSISTANT_USER}",
        *(f"topic read {topic}" for topic in (every.state, every.health, f"{DISCOVERY}/#")),
    ]  # fmt: skip
    lines = [
        "# Written by `posture-collector site init`.",
        f"user {COLLECTOR_USER}",
        *(f"topic read {topic}" for topic in collects),
        f"topic write {every.receipt}",
        f"topic write {every.command('erase')}",
        f"topic write {every.collector_state}",
        *([f"topic write {DISCOVERY}/#"] if home_assistant else []),
        *(visitor if home_assistant else []),
        f"user {OPERATOR_USER}",
        f"topic read {every.response('+')}",
        *(f"topic read {every.live(kind)}" for kind in LIVE),
        f"topic readwrite {every.desired}",
        f"topic write {every.command('+')}",
        *(f"pattern write {topic}" for topic in writes),
        *(f"pattern read {topic}" for topic in reads),
    ]
    return "\n".join(lines) + "\n"


def write_access(folder: Path, about: SiteFile) -> None:
    """The access rules of every broker, as this version has them. folder : the site's."""
    rules = access(about.site, home_assistant=about.home_assistant).encode()
    for place in about.places:
        write_durably(folder / place.folder / "acl", rules, mode=0o600)
        hand_over(folder / place.folder)


def set_password(folder: Path, user: str, password: str | None) -> None:
    """Add or replace a user's line of the password file; None takes the user away."""
    path = folder / "passwords"
    known = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    lines = [line for line in known if not line.startswith(f"{user}:")]
    if password is not None:
        salt = secrets.token_bytes(12)
        digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
        coded = [base64.b64encode(part).decode() for part in (salt, digest)]
        lines.append(f"{user}:$7${_ROUNDS}${coded[0]}${coded[1]}")
    write_durably(path, "".join(f"{line}\n" for line in lines).encode(), mode=0o600)
    hand_over(folder)


def hand_over(folder: Path) -> None:
    """mosquitto gives up root and reads its files again later: they must be its own."""
    if os.geteuid() == 0:
        with suppress(LookupError):  # it is not installed here
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, "mosquitto", "mosquitto")
