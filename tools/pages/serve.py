"""Start the pages: settings, tables, and a server that needs nothing around it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from posture_tools.pages.config import PagesConfig

from edge.errors import SettingsInvalid
from edge.mqtt.address import address

_THREADS = 8
_MOST_REQUEST_BYTES = 256 << 20  # six photographs as large as one may be, and a form


def prepare(config: PagesConfig) -> None:
    """Configure the framework and bring the pages' own file up to date. Once for a process."""
    from posture_tools.pages.django_setup import configure

    configure(config)
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def serve(config: PagesConfig, on_ready: Callable[[str], None]) -> None:
    """Answer until the process is stopped.

    on_ready : told the address, once it is listened to.

    Raises
    ------
    SettingsInvalid : nobody could log in, or the address is taken or would be unsafe.
    """
    config.check()
    if not config.store.exists():
        raise SettingsInvalid(
            f"There is no store {config.store}.", "Name the one of `run` with --store."
        )
    prepare(config)
    from django.core.wsgi import get_wsgi_application
    from posture_tools.pages.models import Account
    from waitress.server import create_server

    if not Account.objects.filter(is_active=True).exists():
        raise SettingsInvalid(
            "Nobody could log in: there is no account.",
            "Make one: posture-collector account add NAME --role admin.",
        )
    trusted = {"trusted_proxy": "127.0.0.1", "trusted_proxy_headers": "x-forwarded-proto"}
    try:
        server = create_server(
            get_wsgi_application(),
            host=config.host,
            port=config.port,
            threads=_THREADS,
            ident=None,
            max_request_body_size=_MOST_REQUEST_BYTES,
            **(trusted if config.behind_proxy else {}),
        )
    except OSError as error:
        raise SettingsInvalid(
            f"Cannot serve on {address(config.host, config.port)}: {error.strerror}.",
            "Name another --port, or stop what uses it.",
        ) from error
    with _tended(config):
        on_ready(f"http://{address(config.host, int(server.effective_port))}/")
        server.run()


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
