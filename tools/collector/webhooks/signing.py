"""The signature of a delivery, as the Standard Webhooks specification (version 1) has it.

HMAC-SHA256 over id, time and body: a receiver checks it with a library of its own language.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode


def headers(secret: str, name: str, at_s: int, body: bytes) -> dict[str, str]:
    """secret : `whsec_` and base64. name : the same in every try of one delivery. at_s : now, since
    1970: a receiver refuses an old one, so that nobody can say it again."""
    text = f"{name}.{at_s}.".encode() + body
    key = b64decode(secret.removeprefix("whsec_"))
    signature = b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "posture-collector",
        "webhook-id": name,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{signature}",
    }
