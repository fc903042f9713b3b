"""Single sign-on with a real provider, and TLS, directly and behind a proxy."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from conftest import ROOT, missing
from simulators.certificates import Authority
from simulators.served_pages import ServedPages, post

pytestmark = pytest.mark.timeout(300)

# `npm install --prefix .venv --no-save oidc-provider` puts it where these tests look.
MODULES = ROOT / ".venv" / "node_modules"
PROVIDER = Path(__file__).resolve().parent.parent / "simulators" / "provider.mjs"
_FORM = re.compile(r'<form[^>]*action="([^"]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Provider:
    """Runs until it is stopped."""

    def __init__(self, redirect: str) -> None:
        node = shutil.which("node")
        if node is None or not (MODULES / "oidc-provider").is_dir():
            missing("node with oidc-provider")
        self.process = subprocess.Popen(
            [str(node), PROVIDER, MODULES, redirect],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.issuer = self.process.stdout.readline().strip()

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedPages, Provider]]:
    folder = tmp_path_factory.mktemp("joined")
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}/sign-on/back/")
    secret = folder / "secret"
    secret.write_text("between us\n")
    more = ["--port", str(port), "--sign-on", provider.issuer, "--sign-on-client", "pages",
            "--sign-on-secret-file", str(secret)]  # fmt: skip
    with ServedPages(folder, more=more) as served:
        served.account("nora", "--sign-on")
        yield served, provider
    provider.stop()


def sign_on(served: ServedPages, name: str) -> requests.Response:
    """As a person: follow the button, type a name at the provider, agree, and come back."""
    session = served.browser()
    assert "/sign-on/" in session.get(f"{served.address}/enter/", timeout=60).text
    answer = session.get(f"{served.address}/sign-on/", timeout=60)
    for typed in ({"login": name, "password": "any"}, {}):
        form = _FORM.search(answer.text)
        assert form, answer.text
        given = dict(_HIDDEN.findall(answer.text)) | typed
        answer = session.post(urljoin(answer.url, unescape(form[1])), data=given, timeout=60)
    return answer


def test_whom_the_provider_vouches_for_enters(joined: tuple[ServedPages, Provider]) -> None:
    served, _ = joined
    answer = sign_on(served, "nora")
    assert answer.url == f"{served.address}/visits/"
    assert "nora" in answer.text
    admin = served.entered()
    assert "single sign-on" in admin.get(f"{served.address}/audit/", timeout=60).text


def test_who_has_no_account_gets_none(joined: tuple[ServedPages, Provider]) -> None:
    served, _ = joined
    answer = sign_on(served, "stranger")
    assert answer.status_code == 403
    assert "No account here" in answer.text


def test_a_name_belongs_to_whom_it_first_came_with(joined: tuple[ServedPages, Provider]) -> None:
    served, _ = joined
    assert sign_on(served, "nora").status_code == 200
    assert sign_on(served, "nora+another").status_code == 403
    served.account("nora", act="forget-sign-on")
    assert sign_on(served, "nora+another").status_code == 200


def test_an_account_without_a_password_has_no_other_door(
    joined: tuple[ServedPages, Provider],
) -> None:
    served, _ = joined
    answer = post(served.browser(), f"{served.address}/enter/", username="nora", password="")
    assert "/enter/" in answer.url


def test_what_did_not_begin_here_is_refused(joined: tuple[ServedPages, Provider]) -> None:
    served, _ = joined
    session = served.browser()
    for query in ("", "?code=a&state=b", "?error=access_denied"):
        answer = session.get(f"{served.address}/sign-on/back/{query}", timeout=60)
        assert answer.status_code == 403, query


def test_a_provider_that_is_away_is_said(joined: tuple[ServedPages, Provider]) -> None:
    served, provider = joined
    session = served.browser()
    at_provider = session.get(f"{served.address}/sign-on/", timeout=60)
    assert at_provider.url.startswith(provider.issuer)
    state = re.search(r"state=([^&\"]+)", at_provider.history[0].headers["Location"])
    assert state
    provider.stop()
    back = f"{served.address}/sign-on/back/?code=x&state={state[1]}"
    answer = session.get(back, timeout=60)
    assert answer.status_code == 503
    assert "Single sign-on does not answer" in answer.text
    assert served.entered().get(f"{served.address}/visits/", timeout=60).status_code == 200


def test_tls_ends_here(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.certify("127.0.0.1", server=True)
    more = ["--tls-cert", str(certificate), "--tls-key", str(key)]
    with ServedPages(tmp_path, more=more, verify=str(authority.ca_file)) as served:
        assert served.address.startswith("https://")
        session = served.entered()
        assert all(cookie.secure for cookie in session.cookies)
        answer = session.get(f"{served.address}/visits/", timeout=60)
        assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_only_the_proxy_is_believed(tmp_path: Path) -> None:
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    with ServedPages(tmp_path, more=["--behind-proxy"]) as served:
        session = served.browser()
        by_proxy = session.get(f"{served.address}/enter/", headers=said, timeout=60)
        assert by_proxy.status_code == 200
        straight = session.get(f"{served.address}/enter/", timeout=60, allow_redirects=False)
        assert straight.status_code == 301
        assert straight.headers["Location"].startswith("https://")


def test_another_than_the_proxy_is_not_believed(tmp_path: Path) -> None:
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    with ServedPages(tmp_path, more=["--behind-proxy", "10.9.8.7"]) as served:
        answer = served.browser().get(
            f"{served.address}/enter/", headers=said, timeout=60, allow_redirects=False
        )
        assert answer.status_code == 301
