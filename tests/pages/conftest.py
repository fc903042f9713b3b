"""One store, one server of pages: the framework is configured once for a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.webhooks import hooks
from posture_tools.pages.config import Pace, PagesConfig
from posture_tools.pages.serve import prepare
from posture_tools.uploads.uploading import Uploads
from simulators.pages_world import fill, tell
from simulators.uploaded import SESSION, give

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PASSWORD = "long enough to try"  # noqa: S105 - of accounts of these tests
_numbers = count()


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> PagesConfig:
    """Pages over a filled store, prepared as `serve` does."""
    folder = tmp_path_factory.mktemp("pages")
    config = PagesConfig(
        store=folder / "collector.db", names=("testserver", "127.0.0.1"), uploads=True,
        pace=Pace(10**6, 10**6),
    )  # fmt: skip
    fill(config.store, folder)
    with SqliteStore(config.store) as store:
        uploads = Uploads(store)
        give(uploads, SESSION)
        uploads.desk("north").close()  # without a farewell: the desk has not gone
    prepare(config)
    return config


@pytest.fixture(scope="module")
def told(config: PagesConfig) -> Iterator[None]:
    """Meanwhile the station has said what it is and how it is."""
    with SqliteStore(config.store) as store:
        tell(store)
        yield
        for kind in ("birth", "health", "desired"):
            store.note("north", "hall-1", kind, b"")
        hooks.remove(store, "records", "op")


@pytest.fixture(scope="module")
def chrome(browser: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chrome
        chrome.close()


@pytest.fixture
def account(config: PagesConfig) -> Callable[..., Any]:
    """Make an account: role, sites, and further fields."""
    from posture_tools.pages.models import Account

    def make(role: str = "viewer", sites: tuple[str, ...] = (), **more: bool) -> Any:
        made = Account.objects.make(f"{role}-{next(_numbers)}", PASSWORD, role, sites)
        for name, value in more.items():
            setattr(made, name, value)
        made.save()
        return made

    return make


@pytest.fixture
def entered(account: Callable[..., Any]) -> Callable[..., Any]:
    """A client that is logged in as a new account."""
    from django.test import Client

    def enter(role: str = "viewer", sites: tuple[str, ...] = (), **more: bool) -> Any:
        client = Client()
        made = account(role, sites, **more)
        assert (
            client.post("/enter/", {"username": made.name, "password": PASSWORD}).status_code == 302
        )
        return client

    return enter


@pytest.fixture
def new_token(config: PagesConfig) -> Callable[..., dict[str, str]]:
    """Make a token: its fields. The header that shows it, and its name."""
    import hashlib

    from posture_tools.pages.models import Token

    def make(**fields: Any) -> dict[str, str]:
        name = f"token-{next(_numbers)}"
        digest = hashlib.sha256(f"{name}-shown".encode()).hexdigest()
        Token.objects.create(name=name, sha256=digest, **fields)
        return {"authorization": f"Bearer {name}-shown", "x-name": name}

    return make
