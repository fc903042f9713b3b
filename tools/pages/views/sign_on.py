"""The door of the single sign-on: to the provider, and back with a name that it vouches for."""

from __future__ import annotations

from functools import cache
from typing import Any

import jwt
import requests
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.utils import import_from_settings
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView
from posture_tools.pages.audit import note
from posture_tools.pages.models import Account
from posture_tools.pages.sign_on import Provider, ProviderAway, SignOn

_TOLD = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": "authorization_endpoint",
    "OIDC_OP_TOKEN_ENDPOINT": "token_endpoint",
    "OIDC_OP_USER_ENDPOINT": "userinfo_endpoint",
    "OIDC_OP_JWKS_ENDPOINT": "jwks_uri",
}
_ALGORITHMS = ("RS256", "ES256")


@cache
def _provider(issuer: str) -> Provider:
    return Provider(issuer)


def _asked(name: str, *default: Any) -> Any:
    """A setting of the library: ours, or what the provider tells of itself."""
    sign_on: SignOn = settings.PAGES.sign_on
    if name in _TOLD:
        return _provider(sign_on.issuer).told()[_TOLD[name]]
    if name == "OIDC_RP_SIGN_ALGO":
        known = _provider(sign_on.issuer).told().get("id_token_signing_alg_values_supported", [])
        return next((each for each in _ALGORITHMS if each in known), _ALGORITHMS[0])
    own = {
        "OIDC_RP_CLIENT_ID": sign_on.client,
        "OIDC_RP_CLIENT_SECRET": sign_on.secret,
        "OIDC_RP_SCOPES": "openid profile email",
        "OIDC_USE_PKCE": True,
        "OIDC_CREATE_USER": False,
        "OIDC_TIMEOUT": 10,
        "OIDC_VERIFY_KID": False,
        "OIDC_TOKEN_USE_BASIC_AUTH": True,
        "LOGIN_REDIRECT_URL_FAILURE": "/sign-on/refused/",
    }
    return own[name] if name in own else import_from_settings(name, *default)


class Vouched(OIDCAuthenticationBackend):
    """An account whose name the provider gives. Nobody gets an account by it, and a name belongs to
    whoever first came with it: the provider's own, lasting name (`sub`) is kept with the account.
    """

    def __init__(self) -> None:
        if settings.PAGES.sign_on is not None:
            super().__init__()

    @staticmethod
    def get_settings(attr: str, *args: Any) -> Any:
        return _asked(attr, *args)

    def authenticate(self, request: HttpRequest, **named: Any) -> Account | None:
        if settings.PAGES.sign_on is None or "nonce" not in named:
            return None  # a password is another one's business
        try:
            return super().authenticate(request, **named)
        except (requests.RequestException, ValueError, jwt.PyJWTError) as error:
            raise ProviderAway(f"The provider's answer cannot be used: {error}.") from error

    def verify_token(self, token: str, **named: Any) -> dict[str, Any]:
        """The library looks at signature, time and nonce; whom it is from and for is looked at
        here."""
        told: dict[str, Any] = super().verify_token(token, **named)
        sign_on: SignOn = settings.PAGES.sign_on
        audience = told.get("aud")
        meant = audience if isinstance(audience, list) else [audience]
        if told.get("iss") != sign_on.issuer or sign_on.client not in meant or "exp" not in told:
            raise SuspiciousOperation("a token of another provider, or for another client")
        if len(meant) > 1 and told.get("azp") != sign_on.client:
            raise SuspiciousOperation("a token that was asked for by another client")
        return told

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> Any:
        """The token's own words, and where it lacks the name the provider's page of the person."""
        if settings.PAGES.sign_on.claim in payload:
            return payload
        told = super().get_userinfo(access_token, id_token, payload)
        if told.get("sub") != payload.get("sub"):
            raise SuspiciousOperation("the provider tells of somebody else")
        return told

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        return bool(claims.get("sub")) and isinstance(claims.get(settings.PAGES.sign_on.claim), str)

    def filter_users_by_claims(self, claims: dict[str, Any]) -> Any:
        name, subject = claims[settings.PAGES.sign_on.claim], claims["sub"]
        return Account.objects.filter(name=name, is_active=True, subject__in=("", subject))

    def update_user(self, user: Account, claims: dict[str, Any]) -> Account:
        if not user.subject:
            user.subject = claims["sub"]
            user.save(update_fields=["subject"])
        return user

    def describe_user_by_claims(self, claims: dict[str, Any]) -> str:
        return str(claims.get(settings.PAGES.sign_on.claim))


class _Begin(OIDCAuthenticationRequestView):
    @staticmethod
    def get_settings(attr: str, *args: Any) -> Any:
        return _asked(attr, *args)


class _Back(OIDCAuthenticationCallbackView):
    @staticmethod
    def get_settings(attr: str, *args: Any) -> Any:
        return _asked(attr, *args)

    def login_success(self) -> HttpResponse:
        answer: HttpResponse = super().login_success()
        note(self.request, "enter", about="single sign-on")
        return answer


@login_not_required
def begin(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider."""
    return _where_wanted(_Begin, request)


@login_not_required
def back(request: HttpRequest) -> HttpResponse:
    """Take the browser back from the provider, with a code that is worth a token."""
    return _where_wanted(_Back, request)


@login_not_required
def none_here(request: HttpRequest) -> HttpResponse:
    """The provider vouches for somebody who has no account here, or for nobody."""
    if settings.PAGES.sign_on is None:
        raise Http404
    return render(request, "pages/sign_on_refused.html", status=403)


def _where_wanted(view: Any, request: HttpRequest) -> HttpResponse:
    if settings.PAGES.sign_on is None:
        raise Http404
    try:
        answer: HttpResponse = view.as_view()(request)
    except SuspiciousOperation:
        return redirect("sign-on-refused")
    return answer
