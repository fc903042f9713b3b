"""How templates show what is no text: times, spans of time, names of measures."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.template.context import RequestContext

from edge.report.words import words

register = template.Library()

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


@register.filter
def to_minute(moment: str) -> str:
    """An ISO time to the minute, in UTC as the store has it."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    return f"{at:%Y-%m-%d %H:%M}"


@register.filter
def span(seconds: float) -> str:
    """Seconds in the largest unit that counts."""
    for unit, size in (("d", _DAY_S), ("h", _HOUR_S), ("min", _MINUTE_S)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


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
