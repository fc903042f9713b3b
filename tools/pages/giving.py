"""Nobody gives away what they do not see themselves: every site is more than some."""

from __future__ import annotations

from django import forms
from posture_tools.pages.models import Account
from posture_tools.pages.words import active_words


def split(said: str) -> tuple[str, ...]:
    """Sites with commas between, each once."""
    return tuple(dict.fromkeys(s.strip() for s in said.split(",") if s.strip()))


def given_by(admin: Account, said: str) -> str:
    """The sites that an administrator names for somebody else.

    Raises
    ------
    forms.ValidationError : one of them is not the administrator's.
    """
    own, asked = admin.site_names(), split(said)
    if own is not None and (not asked or not set(asked) <= set(own)):
        raise forms.ValidationError(active_words()("accounts", "beyond"))
    return ",".join(asked)


def within(admin: Account, sites: str) -> bool:
    """Whether what is for these sites shows an administrator nothing of others. Empty is all."""
    own, its = admin.site_names(), split(sites)
    return own is None or bool(its and set(its) <= set(own))


def name_taken() -> forms.ValidationError:
    """What is said of a name that somebody or something has."""
    return forms.ValidationError(active_words()("accounts", "taken"))
