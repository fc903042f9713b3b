"""Who this client is to the broker, and whom it trusts: name, password, certificates."""

from __future__ import annotations

import ssl
from pathlib import Path

import paho.mqtt.client as paho

from edge.errors import SettingsInvalid
from edge.mqtt.settings import MqttSettings


class _TlsSocket(ssl.SSLSocket):
    """A TLS socket that is closed when its handshake fails; paho would leave it open."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def identify(client: paho.Client, mqtt: MqttSettings) -> None:
    """The password, read from its file at each connection, so that mending the file helps.

    Raises
    ------
    SettingsInvalid : a file is missing or holds something else.
    """
    secret = mqtt.password_file or mqtt.cert_file
    if secret and not mqtt.tls and not mqtt.allow_plain:
        raise SettingsInvalid(
            f"{secret} is not used without TLS: whoever listens would have it.",
            "Set mqtt.tls (on the command line --ca-file or --tls), or mqtt.allow_plain"
            " (--allow-plain) where the network is yours alone.",
        )
    try:
        if mqtt.username:
            password = None
            if mqtt.password_file:
                password = Path(mqtt.password_file).read_text(encoding="utf-8").strip()
            client.username_pw_set(mqtt.username, password)
        if mqtt.tls:
            client.tls_set_context(tls_context(mqtt))
    except (OSError, ValueError) as error:
        raise SettingsInvalid(
            f"The broker's password or certificate files cannot be used: {error}.",
            "Check mqtt.password_file, mqtt.ca_file, mqtt.cert_file and mqtt.key_file.",
        ) from error


def tls_context(mqtt: MqttSettings) -> ssl.SSLContext:
    """TLS 1.2 or newer; the broker's certificate must be valid and name the host."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = _TlsSocket
    if mqtt.ca_file:
        context.load_verify_locations(mqtt.ca_file)
    else:
        context.load_default_certs()
    if mqtt.cert_file:
        context.load_cert_chain(mqtt.cert_file, mqtt.key_file or None)
    return context
