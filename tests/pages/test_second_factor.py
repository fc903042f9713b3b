"""The second factor, from setting it up to losing the phone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client, override_settings

PASSWORD = "long enough to try"  # noqa: S105 - of accounts of these tests


def code_of(account: Any, *, confirmed: bool, ahead: int = 0) -> str:
    """What the phone shows, `ahead` steps of 30 s from now."""
    from django_otp.oath import TOTP
    from django_otp.plugins.otp_totp.models import TOTPDevice

    device = TOTPDevice.objects.get(user=account, confirmed=confirmed)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + ahead * device.step
    return f"{totp.token():06d}"


@pytest.fixture
def guarded(account: Callable[..., Any]) -> Any:
    """An account whose phone is known."""
    made = account("operator")
    client = Client()
    client.post("/enter/", {"username": made.name, "password": PASSWORD})
    page = client.get("/me/second/").content.decode()
    assert "data:image/svg+xml" in page
    assert client.post("/me/second/", {"code": "000000"}).status_code == 200
    _wait_is_over(made)
    answer = client.post("/me/second/", {"code": code_of(made, confirmed=False)})
    assert answer.status_code == 302
    return made


def _wait_is_over(account: Any) -> None:
    """As if the seconds that a wrong code costs had passed."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    TOTPDevice.objects.filter(user=account).update(
        throttling_failure_count=0, throttling_failure_timestamp=None
    )


def test_the_password_alone_no_longer_enters(guarded: Any) -> None:
    client = Client()
    answer = client.post("/enter/", {"username": guarded.name, "password": PASSWORD})
    assert answer.headers["Location"] == "/enter/second/"
    assert client.get("/visits/").status_code == 302
    assert client.get("/enter/second/").status_code == 200
    assert "not the code" in client.post("/enter/second/", {"code": "123"}).content.decode()
    assert client.get("/visits/").status_code == 302
    _wait_is_over(guarded)
    code = code_of(guarded, confirmed=True, ahead=1)
    assert client.post("/enter/second/", {"code": code}).headers["Location"] == "/"
    assert client.get("/visits/").status_code == 200


def test_a_code_counts_once_and_wrong_ones_make_the_next_wait(guarded: Any) -> None:
    from posture_tools.pages.second_factor import fits

    code = code_of(guarded, confirmed=True, ahead=1)
    assert fits(guarded, code)
    assert not fits(guarded, code)
    assert not fits(guarded, code_of(guarded, confirmed=True, ahead=2))


def test_the_code_without_the_password_leads_nowhere(guarded: Any) -> None:
    code = code_of(guarded, confirmed=True, ahead=1)
    assert Client().post("/enter/second/", {"code": code}).headers["Location"] == "/enter/"


def test_a_password_that_waits_too_long_for_its_code_is_asked_again(guarded: Any) -> None:
    client = Client()
    client.post("/enter/", {"username": guarded.name, "password": PASSWORD})
    session = client.session
    session["half"] = [guarded.pk, int(time.time()) - 301]
    session.save()
    code = code_of(guarded, confirmed=True, ahead=1)
    assert client.post("/enter/second/", {"code": code}).headers["Location"] == "/enter/"


def test_whoever_lost_the_phone_is_let_in_by_the_command(guarded: Any) -> None:
    from posture_tools.pages.second_factor import forget

    assert forget(guarded) == 1
    answer = Client().post("/enter/", {"username": guarded.name, "password": PASSWORD})
    assert answer.headers["Location"] == "/"


@pytest.fixture
def wanted_of_all(config: Any) -> Iterator[None]:
    with override_settings(PAGES=replace(config, second_factor=True)):
        yield


@pytest.mark.usefixtures("wanted_of_all")
def test_where_all_need_one_who_has_none_sets_it_up_first(
    entered: Callable[..., Any], guarded: Any
) -> None:
    client = entered("viewer")
    assert client.get("/visits/").headers["Location"] == "/me/second/"
    assert client.get("/me/second/").status_code == 200
    known = Client()
    known.force_login(guarded, backend="django.contrib.auth.backends.ModelBackend")
    assert known.get("/visits/").status_code == 200
