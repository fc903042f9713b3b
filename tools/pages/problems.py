"""Why something could not be done, as the reader of a page is told.

The program's own faults and what stations say are English. Where the page has words of its own for
a kind, they come first; the English stays behind them, marked as such, for who looks it up.
"""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from posture_tools.collector.command import AnswerLost

from edge.errors import (
    BrokerRefused,
    BrokerUnreachable,
    ImageUnreadable,
    PostureError,
    StationUnreachable,
    TryAgain,
)
from edge.report.words import Words

# The first that fits; each is a text of the table `problems`.
_KINDS: tuple[tuple[type[PostureError], str], ...] = (
    (AnswerLost, "answer_lost"),
    (BrokerUnreachable, "broker_away"),
    (BrokerRefused, "broker_refuses"),
    (StationUnreachable, "station_away"),
    (ImageUnreadable, "picture"),
    (TryAgain, "try_again"),
    (PostureError, "not_done"),
)


def told(say: Words, problem: Exception) -> SafeString:
    """A fault in the reader's words, and its own English behind them."""
    kind = next((text for type_, text in _KINDS if isinstance(problem, type_)), "not_done")
    return format_html("{} {}", say("problems", kind), in_english(str(problem)))


def in_english(said: str) -> SafeString:
    """English words of a program or a station, marked as English on a page in any language."""
    return format_html('<span lang="en">{}</span>', said)
