"""Start the pages: settings, tables, and a server that needs nothing around it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from posture_tools.pages.config import PagesConfig

from edge.errors import SettingsInvalid
from edge.mqtt.address import address

_THREADS = 8
_LAST_ANSWER_S = 5


def prepare(config: PagesConfig) -> None:
    """Configure the framework and bring the pages' own tables up to date. Once for a process."""
    from posture_tools.pages.django_setup import configure
    from posture_tools.pages.own_tables import bring_up_to_date

    configure(config)
    bring_up_to_date()


def serve(config: PagesConfig, on_ready: Callable[[str], None]) -> None:
    """Answer until the process is stopped.

    on_ready : told the address, once it is listened to.

    Raises
    ------
    SettingsInvalid : nobody could log in, or the address is taken or would be unsafe.
    StoreFailed : the database does not answer.
    """
    config.check()
    if isinstance(config.store, Path) and not config.store.exists():
        raise SettingsInvalid(
            f"There is no store {config.store}.", "Name the one of `run` with --store."
        )
    if config.sign_on is not None:
        config.sign_on.check()
    prepare(config)
    import uvicorn
    from posture_tools.pages.models import Account

    if not Account.objects.filter(is_active=True).exists():
        raise SettingsInvalid(
            "Nobody could log in: there is no account.",
            "Make one: posture-collector account add NAME --role admin.",
        )
    server = uvicorn.Server(_settings(config))
    listening = _listen(config)
    scheme = "https" if config.tls_cert else "http"
    with _tended(config):
        on_ready(f"{scheme}://{address(config.host, listening.getsockname()[1])}/")
        server.run(sockets=[listening])


def _settings(config: PagesConfig) -> Any:
    """Settings of the server. It alone reads what a proxy says of its callers, and believes that
    one proxy only."""
    import uvicorn
    from a2wsgi import WSGIMiddleware
    from django.core.wsgi import get_wsgi_application

    settings = uvicorn.Config(
        WSGIMiddleware(get_wsgi_application(), workers=_THREADS),
        interface="asgi3",
        lifespan="off",
        proxy_headers=bool(config.proxy),
        forwarded_allow_ips=config.proxy or None,
        server_header=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=_LAST_ANSWER_S,
        ssl_certfile=config.tls_cert,
        ssl_keyfile=config.tls_key,
    )
    settings.load()
    return settings


def _listen(config: PagesConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server((config.host, config.port), family=family, backlog=128)
    except OSError as error:
        raise SettingsInvalid(
            f"Cannot serve on {address(config.host, config.port)}: {error.strerror}.",
            "Name another --port, or stop what uses it.",
        ) from error


@contextmanager
def _tended(config: PagesConfig) -> Iterator[None]:
    """Uploaded photographs go when they are due, and what was erased is forgotten, whether or not
    anybody looks at a page."""
    if not config.uploads:
        yield
        return
    from posture_tools.pages.pictures import tending, uploads

    stop = threading.Event()
    thread = threading.Thread(target=tending, args=(stop,), name="uploads", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        uploads().close()
