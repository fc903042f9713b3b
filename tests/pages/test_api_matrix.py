"""Who may ask what of REST: every address, every verb, every kind of token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

# path of the description: (an address of it, what the token needs, verbs)
ADDRESSES = {
    "/api/visits": ("/api/visits", "see", ("GET",)),
    "/api/visits/{site}/{station}/{session}": ("/api/visits/north/hall-1/spring", "see", ("GET",)),
    "/api/stations": ("/api/stations", "see", ("GET",)),
    "/api/measures.csv": ("/api/measures.csv", "export", ("GET",)),
    "/api/measures.parquet": ("/api/measures.parquet", "export", ("GET",)),
    "/api/measures.fhir.json": ("/api/measures.fhir.json", "export", ("GET",)),
    "/api/stations/{site}/{station}/screenings": (
        "/api/stations/north/hall-1/screenings", "command", ("POST",)
    ),
    "/api/stations/{site}/{station}/screenings/{code}": (
        "/api/stations/north/hall-1/screenings/P-1", "command", ("DELETE",)
    ),
    "/api/people/{site}/{code}": ("/api/people/north/nobody-is-so", "erase", ("DELETE",)),
}  # fmt: skip
# Whoever may asks nothing of any station here: there is no broker, and no body.
UNANSWERED = {"command": (409, 422)}
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ALL = {"may_export": True, "may_command": True, "may_erase": True}
TOKENS: dict[str, dict[str, Any]] = {
    "plain": {},
    "may export": {"may_export": True},
    "may command": {"may_command": True},
    "may erase": {"may_erase": True},
    "of north": {"sites": "north"} | ALL,
    "of south": {"sites": "south"} | ALL,
    "revoked": {"revoked": True} | ALL,
}


@pytest.fixture
def described(config: Any) -> dict[str, Any]:
    from posture_tools.pages.api import api

    return dict(api.get_openapi_schema()["paths"])


def test_every_address_has_a_row(described: dict[str, Any], config: Any) -> None:
    from posture_tools.pages.api import api_urls

    assert set(described) == set(ADDRESSES)
    for path, operations in described.items():
        assert {verb.upper() for verb in operations} == set(ADDRESSES[path][2]), path
    routes = {str(each.pattern) for each in api_urls()[0]} - {"openapi.json", ""}
    assert len(routes) == len(ADDRESSES), routes


@pytest.mark.parametrize("kind", TOKENS)
def test_each_token_gets_what_it_may_and_nothing_else(
    kind: str, new_token: Callable[..., dict[str, str]]
) -> None:
    given = TOKENS[kind]
    headers = new_token(**given)
    for path, needed, verbs in ADDRESSES.values():
        for verb in VERBS:
            answer = Client().generic(verb, path, headers=headers)
            if verb not in verbs:
                assert answer.status_code == 405, (path, verb)
            elif given.get("revoked"):
                assert answer.status_code == 401, (path, verb)
            elif needed != "see" and not given.get(f"may_{needed}"):
                assert answer.status_code == 403, (path, verb)
            elif "/north/" in path and given.get("sites") == "south":
                assert answer.status_code == 404, (path, verb)
            else:
                assert answer.status_code in UNANSWERED.get(needed, (200,)), (path, verb)
                told = answer.getvalue().decode(errors="replace")
                for site in ("north", "south"):
                    if given.get("sites", site) != site:
                        assert site not in told, (path, verb)


def test_nobody_without_a_token_gets_an_answer(config: Any) -> None:
    for path, _, verbs in ADDRESSES.values():
        for verb in verbs:
            assert Client().generic(verb, path).status_code == 401
            guessed = {"authorization": "Bearer guessed"}
            assert Client().generic(verb, path, headers=guessed).status_code == 401


def test_every_call_leaves_a_line(config: Any, new_token: Callable[..., dict[str, str]]) -> None:
    from posture_tools.pages.models import AuditLine

    headers = new_token(**ALL)
    for path, needed, verbs in ADDRESSES.values():
        for verb in verbs:
            before = AuditLine.objects.count()
            Client().generic(verb, f"{path}?session=spring", headers=headers)
            called, *acts = AuditLine.objects.order_by("pk")[before:]
            assert called.what == "api"
            assert called.about == f"{verb} {path}?session=spring"
            assert [act.what for act in acts] == (["erase"] if needed == "erase" else []), path
            assert {line.account for line in (called, *acts)} == {headers["x-name"]}
