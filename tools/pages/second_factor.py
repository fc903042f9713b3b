"""The second factor of an account: a six-digit code that a phone computes (TOTP, RFC 6238)."""

from __future__ import annotations

import time
from base64 import b32encode

from django.http import HttpRequest
from django_otp import verify_token
from django_otp.plugins.otp_totp.models import TOTPDevice
from posture_tools.pages import qr
from posture_tools.pages.models import Account

_HALF_S = 300  # between password and code
_HALF = "half"


def device_of(account: Account) -> TOTPDevice | None:
    """The one that a log-in asks for; None where the account has none."""
    found: TOTPDevice | None = TOTPDevice.objects.filter(user=account, confirmed=True).first()
    return found


def begun(account: Account) -> TOTPDevice:
    """One that is being set up: it counts once its first code was typed."""
    made: TOTPDevice
    made, _ = TOTPDevice.objects.get_or_create(user=account, confirmed=False, name="phone")
    return made


def confirm(account: Account, code: str) -> bool:
    """Whether the code is that of the device that is being set up, which counts from now on."""
    device = begun(account)
    if not verify_token(account, device.persistent_id, code):
        return False
    TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
    TOTPDevice.objects.filter(user=account).exclude(pk=device.pk).delete()
    return True


def forget(account: Account) -> int:
    """Take away every device of an account; how many counted."""
    counted = TOTPDevice.objects.filter(user=account, confirmed=True).count()
    TOTPDevice.objects.filter(user=account).delete()
    return int(counted)


def fits(account: Account, code: str) -> bool:
    """Whether a code is the one of now. Each counts once, and wrong ones make the next wait."""
    device = device_of(account)
    return device is not None and verify_token(account, device.persistent_id, code) is not None


def picture(device: TOTPDevice) -> str:
    """What a phone scans, as the source of an image."""
    return qr.source(device.config_url)


def secret(device: TOTPDevice) -> str:
    """The device's secret as it is typed, in groups of four."""
    letters = b32encode(device.bin_key).decode()
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def half_way(request: HttpRequest, account: Account) -> None:
    """The password was right; remember for whom until the code comes."""
    request.session.cycle_key()
    request.session[_HALF] = [account.pk, int(time.time())]


def who_is_half_way(request: HttpRequest) -> Account | None:
    """Whose code is waited for; None where nobody's, or for too long."""
    key, at_s = request.session.get(_HALF, (0, 0))
    if time.time() - at_s > _HALF_S:
        return None
    found: Account | None = Account.objects.filter(pk=key, is_active=True).first()
    return found


def arrived(request: HttpRequest) -> None:
    """The code was right."""
    request.session.pop(_HALF, None)
