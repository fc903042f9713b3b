"""A code as a badge: what a station's camera, or a browser's, reads. `PS1:CODE:CONSENT`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.http import HttpResponse
from django.urls import reverse
from posture_tools.pages.access import Right, rights_of
from posture_tools.pages.models import Account

from edge.wire.order import BADGE, Opaque, Order

LAST_CONSENT = "consent_version"  # of the session of a browser: what was typed last


def is_code(code: str) -> bool:
    """Whether a station takes it as somebody's code."""
    try:
        msgspec.convert(code, Opaque)
    except msgspec.ValidationError:
        return False
    return True


def may_badge(account: Account, code: str) -> bool:
    """Whether somebody is shown the badge of a code."""
    return Right.COMMAND in rights_of(account) and is_code(code)


def text_of(order: Order) -> str:
    """What its square code says."""
    return f"{BADGE}:{order.code}:{order.consent_version}"


def address_of(site: str, order: Order) -> str:
    """Address of the page that shows the badge."""
    address = reverse("badge", args=[site, order.code])
    return f"{address}?{urlencode({'version': order.consent_version})}"


def unbadged(given: Mapping[str, Any]) -> dict[str, Any]:
    """A form in which a badge stands for the code: its code, and the version that it brings."""
    told = {name: given[name] for name in given}
    kind, *rest = str(told.get("code", "")).strip().split(":")
    if kind == BADGE and len(rest) == 2:
        told["code"], told["consent_version"] = rest
    return told


def may_scan(answer: HttpResponse) -> HttpResponse:
    """Let this one page ask for the camera of its browser. Nothing of its picture is sent."""
    answer.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    return answer
