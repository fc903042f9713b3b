"""How templates show what is no text: times, spans of time, names of measures."""

from __future__ import annotations

from django import template
from django.template.context import RequestContext
from django.utils.html import format_html
from posture_tools.pages.access import rights_of
from posture_tools.pages.clock import local
from posture_tools.pages.commanding import ANSWER, DONE
from posture_tools.pages.models import Account, AuditLine, Token
from posture_tools.pages.problems import in_english
from posture_tools.pages.words import active_report_words, active_words

from edge.report.words import words

register = template.Library()

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


@register.filter
def to_minute(moment: str) -> str:
    """An ISO time to the minute, as it is here."""
    at = local(moment)
    return moment if at is None else f"{at:%Y-%m-%d %H:%M}"


@register.filter
def with_zone(moment: str) -> str:
    """The same with what the zone is called."""
    at = local(moment)
    return moment if at is None else f"{at:%Y-%m-%d %H:%M %Z}"


@register.filter
def span(seconds: float) -> str:
    """Seconds in the largest unit that counts, as the reader's language has it."""
    units = active_words().tables["units"]
    for unit, size in (("d", _DAY_S), ("h", _HOUR_S), ("min", _MINUTE_S)):
        if seconds >= size:
            return units[unit].format(f"{seconds / size:.0f}")
    return units["s"].format(f"{seconds:.0f}")


@register.filter
def said_as(code: object, table: str) -> str:
    """A name of the program's (a role, what the log calls an act) in the reader's words."""
    return active_words().tables[table].get(str(code).replace(" ", "_"), str(code))


@register.filter
def site_list(sites: str) -> str:
    """Sites with commas between, as the reader's language separates them."""
    say = active_words()
    return say.listed(sites.split(",")) if sites else say("accounts", "every")


@register.filter
def unit(code: str) -> str:
    """A unit as the reports write it; empty for a ratio."""
    return active_report_words().unit(code).strip()


@register.simple_tag
def rights_list(held: Account | Token) -> str:
    """What an account, with its role, or a token may beside looking."""
    say = active_words()
    rights = {right.value for right in rights_of(held)} if isinstance(held, Account) else set()
    return say.listed(
        say("accounts", right)
        for right in ("command", "export", "erase")
        if right in rights or getattr(held, f"may_{right}")
    )


@register.simple_tag
def log_about(line: AuditLine) -> str:
    """What a line of the log is about; an answer in the reader's words, as far as there are any."""
    say = active_words()
    if line.what != ANSWER:
        return say.tables["abouts"].get(line.about.replace(" ", "_"), line.about)
    head, _, became = line.about.partition(": ")
    station, _, command = head.rpartition(" ")
    acts = say.tables["acts"]
    told = say("fleet", DONE) if became == DONE else in_english(became)
    return format_html("{} {}: {}", station, acts.get(command, command), told)


@register.simple_tag
def filled(text: str, *values: object) -> str:
    """A text with its places filled in."""
    return text.format(*values)


@register.simple_tag(takes_context=True)
def measure_name(context: RequestContext, code: str, definition: str = "") -> str:
    """The name of a measure as the report has it."""
    return words(context["language"]).measure(code, definition)


@register.simple_tag(takes_context=True)
def view_name(context: RequestContext, view: str) -> str:
    """The name of a view as the report has it."""
    tables = words(context["language"]).tables
    return tables["views"].get(view, view)


@register.simple_tag(takes_context=True)
def origin_name(context: RequestContext, origin: str) -> str:
    """Where frames came from, as the report says it."""
    tables = words(context["language"]).tables
    return tables["origins"].get(origin, origin)
