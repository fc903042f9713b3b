"""Every address of the pages with the right it needs, and what each role may."""

from __future__ import annotations

from simulators.pages_world import CODE, DEAD_SHA256, MODEL_SHA256
from simulators.uploaded import SESSION

# The whole table: an address without a row here fails below.
#   name: (path, right, verbs)
ADDRESSES = {
    "home": ("/", "see", ("GET",)),
    "me": ("/me/", "see", ("GET", "POST")),
    "second": ("/me/second/", "see", ("GET", "POST")),
    "visits": ("/visits/", "see", ("GET",)),
    "visit-rows": ("/visits/rows/", "see", ("GET",)),
    "visit": ("/visits/north/hall-1/spring/", "see", ("GET",)),
    "sheet": ("/visits/north/hall-1/spring/sheet/", "see", ("GET",)),
    "person": (f"/people/north/{CODE}/", "see", ("GET",)),
    "stations": ("/stations/", "see", ("GET",)),
    "station-rows": ("/stations/rows/", "see", ("GET",)),
    "station": ("/stations/north/hall-1/", "see", ("GET",)),
    "screen": ("/stations/north/hall-1/screen/", "command", ("GET", "POST")),
    "upload-sites": ("/uploads/", "command", ("GET",)),
    "upload": ("/uploads/north/", "command", ("GET", "POST")),
    "photo": (f"/uploads/north/{SESSION}/1/", "command", ("GET", "POST")),
    "picture": (f"/uploads/north/{SESSION}/1/picture/", "command", ("GET",)),
    "moved": (f"/uploads/north/{SESSION}/1/measures/", "command", ("POST",)),
    "reviewed": ("/uploads/north/not-kept/", "command", ("POST",)),
    "erase": (f"/people/north/{CODE}/erase/", "erase", ("GET", "POST")),
    "badge": (f"/people/north/{CODE}/badge/", "command", ("GET",)),
    "export": ("/export/measures.csv", "export", ("GET",)),
    "tokens": ("/tokens/", "admin", ("GET", "POST")),
    "hooks": ("/webhooks/", "admin", ("GET", "POST")),
    "accounts": ("/accounts/", "admin", ("GET", "POST")),
    "account": ("/accounts/1/", "admin", ("GET", "POST")),
    "audit": ("/audit/", "admin", ("GET",)),
    "session": ("/stations/north/hall-1/session/", "command", ("GET", "POST")),
    "session-now": ("/stations/north/hall-1/session/now/", "command", ("GET",)),
    "movements": ("/stations/north/hall-1/session/s-1/movements/", "command", ("GET", "POST")),
    "movements-now": ("/stations/north/hall-1/session/s-1/movements/now/", "command", ("GET",)),
    "aim": ("/stations/north/hall-1/aim/", "command", ("GET", "POST")),
    "aim-now": ("/stations/north/hall-1/aim/now/", "command", ("GET",)),
    "letters": ("/letters/", "see", ("GET",)),
    "letter": (f"/letters/dead-letters/{DEAD_SHA256}/", "command", ("GET", "POST")),
    "resolve": (f"/letters/dead-letters/{'0' * 64}/resolve/", "erase", ("POST",)),
    "roll-outs": ("/roll-outs/", "see", ("GET",)),
    "roll-out": (f"/roll-outs/{MODEL_SHA256}/", "see", ("GET",)),
}
# What somebody reaches who has not entered yet.
OPEN = {
    "enter", "leave", "enter-second", "sign-on", "sign-on-refused", "oidc_authentication_callback",
}  # fmt: skip
ROLES = {
    "viewer": {"see"},
    "operator": {"see", "command"},
    "admin": {"see", "command", "erase", "export", "admin"},
}


def paths_of(role: str) -> list[str]:
    """What somebody of that role can open."""
    return [
        path for path, right, verbs in ADDRESSES.values() if right in ROLES[role] and "GET" in verbs
    ]
