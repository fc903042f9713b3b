"""What `doctor` looks at of certificates and keys: dates, names, and who may read them."""

from __future__ import annotations

import stat
from pathlib import Path

from edge.commands.checks import Check, State
from edge.engine.station_key import KEY_NAME
from edge.errors import BrokerUnreachable
from edge.mqtt import certificates as certs
from edge.mqtt.settings import MqttSettings
from edge.settings import Settings
from edge.wire.keys import Signer, fingerprint, load_public


def certificates(settings: Settings) -> Check:
    """The authority's, this station's if it has one, and the broker's as it shows it."""
    mqtt = settings.mqtt
    if not mqtt.tls:
        if mqtt.password_file:
            found = f"{mqtt.host} is spoken to without TLS: whoever listens has the password"
            return Check("certificates", State.WARN, found, "Set mqtt.tls or mqtt.ca_file.")
        return Check("certificates", State.OK, "none: no TLS, and no password")
    files = [Path(name) for name in (mqtt.ca_file, mqtt.cert_file) if name]
    every = [certificate for path in files for certificate in certs.read(path)]
    shown = [broker for each in mqtt.each if (broker := _shown_by(each, mqtt)) is not None]
    problem, days = certs.worst([*every, *shown])
    names = ", ".join(dict.fromkeys(name for broker in shown for name in broker.names))
    found = f"the broker's is for {names}; good for {days} days"
    if problem:
        return Check("certificates", State.FAIL, problem, "`posture-collector site renew` there.")
    if days < certs.SOON_DAYS:
        return Check("certificates", State.WARN, found, "`posture-collector site renew` there.")
    return Check("certificates", State.OK, found)


def _shown_by(broker: MqttSettings, every: MqttSettings) -> certs.Certificate | None:
    """The certificate that a broker shows. None where it is away and others are known: the check
    `broker` tells of that."""
    try:
        return certs.of_broker(broker)
    except BrokerUnreachable:
        if not every.also:
            raise
        return None


def keys(settings: Settings) -> Check:
    """This station's key and whom it believes. Secrets must be their owners' alone."""
    own = settings.state_path / KEY_NAME
    secrets = [own, *(Path(name) for name in (
        settings.mqtt.password_file, settings.mqtt.key_file, settings.trust.token_file) if name
    )]  # fmt: skip
    for path in secrets:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            return Check("keys", State.FAIL, f"others may read {path}", f"chmod 600 {path}")
    believes = "believes whoever answers, as at a desk"
    if name := settings.trust.site_key_file:
        believes = f"believes the site key {fingerprint(load_public(Path(name)))}"
    if not own.exists():
        return Check("keys", State.OK, f"no key yet: the engine makes it; {believes}")
    return Check("keys", State.OK, f"key {fingerprint(Signer.load(own).public)}; {believes}")
