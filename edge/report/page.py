"""One visit as one page: HTML that needs no other file and prints on one sheet of A4."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape, unescape
from importlib import resources
from unicodedata import east_asian_width

from edge.norms import Norms
from edge.output import MARK
from edge.records import Quality
from edge.report import drawing
from edge.report.findings import main_findings, placed, to_repeat
from edge.report.measure_table import REPEATED, frontal_table, lateral_table
from edge.report.reported_visit import ReportedView, ReportedVisit
from edge.report.scores import score_block
from edge.report.together import Combined, combined
from edge.report.trend import notes
from edge.report.words import LANGUAGES, Words

# Lines that one sheet has room for below the figures, and characters that a column has for one;
# those of East Asia are twice as wide.
_ROOM, _COLUMN, _NOTE_LINES = 36, 66, 2
_NAME, _BESIDE_CHANGE = 30, 17  # characters that a measure's name has in its row
_PARAGRAPH, _TAG = re.compile("<p>(.*?)</p>", re.DOTALL), re.compile("<[^>]*>")
_ROW_NAME = re.compile("<tr><t[dh][^>]*>(.*?)</t[dh]>", re.DOTALL)


def page(visit: ReportedVisit, norms: Norms, words: Words) -> str:
    """The whole document.

    Examples
    --------
    >>> from edge.norms import shipped_norms
    >>> from edge.records import Measure, Quality
    >>> from edge.report.reported_visit import ReportedView
    >>> from edge.report.words import words
    >>> tilt = Measure("shoulder_tilt", 4.0, "deg", 2.0, 45.0, Quality.OK, view="front")
    >>> front = ReportedView("front", (tilt,), {}, 45, 60, 0.6, "camera")
    >>> visit = ReportedVisit("p-17", "2026-11-21T09:30:00Z", "hall-1", "1.0.0", (), (front,))
    >>> html = page(visit, shipped_norms(), words("en"))
    >>> "Shoulder tilt" in html, "+4.0" in html
    (True, True)
    """
    left, right = columns(visit, norms, words)
    body = (
        f"{_header(visit, words)}{_origin_notes(visit, words)}"
        f"{summary(visit, norms, words)}"
        f'<div class="figures">{figures(visit, words)}</div>'
        f'<div class="columns"><div>{left}</div><div>{right}</div></div>'
        f"{_footer(visit, _shown(visit), norms, words)}"
    )
    name_width = _BESIDE_CHANGE if visit.before else _NAME
    lines = max(_lines(left, name_width), _lines(right, name_width))
    room = _ROOM - _NOTE_LINES * sum(origin != "camera" for origin in visit.origins())
    zoom = min(1.0, room / lines) if lines else 1.0
    return (
        f'<!doctype html><html lang="{LANGUAGES[words.language]}"><head><meta charset="utf-8">'
        f'<meta name="generator" content="{MARK}">'
        f"<title>{escape(words('page', 'title'))} {escape(visit.person)}</title>"
        f'<style>{_style()}</style></head><body style="zoom:{zoom:.3f}">{body}</body></html>\n'
    )


def columns(visit: ReportedVisit, norms: Norms, words: Words) -> tuple[str, str]:
    """The two columns below the figures: measures, what was not measured, scores, quality."""
    shown = _shown(visit)
    left = frontal_table(visit, shown, norms, words) + _not_measured(visit, words)
    right = lateral_table(visit, shown, norms, words) + score_block(visit, words)
    return left, right + _quality(visit, shown, norms, words)


def _shown(visit: ReportedVisit) -> list[Combined]:
    return [one for one in combined(visit) if not one.measure.code.startswith(REPEATED)]


def _lines(column: str, name_width: int) -> int:
    """How many lines the rows and paragraphs of a column take. name_width : of a row's name."""
    paragraphs = sum(_folded(text, _COLUMN) for text in _PARAGRAPH.findall(column))
    return paragraphs + sum(_folded(name, name_width) for name in _ROW_NAME.findall(column))


def _folded(html: str, width: int) -> int:
    text = unescape(_TAG.sub("", html))
    return math.ceil(sum(2 if east_asian_width(c) in "WF" else 1 for c in text) / width)


def picture(visit: ReportedVisit, words: Words) -> str:
    """The figures alone, an SVG that stands by itself and scales into any document."""
    svg = figures(visit, words)
    font = "<style>text{font-family:system-ui,'Noto Sans CJK SC',sans-serif}</style>"
    start = svg.index(">") + 1
    return f"{svg[:start]}<!-- {MARK} --><style>{_style()}</style>{font}{svg[start:]}\n"


def _style() -> str:
    folder = resources.files("edge.report").joinpath("style")
    return "".join(folder.joinpath(f"{name}.css").read_text("utf-8") for name in ("page", "figure"))


def _kept(fact: str) -> str:
    """A name, marked so that no browser translates it."""
    return "" if fact in ("screened", "sex") else ' translate="no"'


def _header(visit: ReportedVisit, words: Words) -> str:
    facts = {
        "person": visit.person,
        "screened": _when(visit.screened_at) or words("page", "date_unknown"),
        "station": visit.station,
        "software": visit.software,
        "consent": visit.consent,
        "models": ", ".join(visit.models),
        "age": "" if visit.who.age_years is None else f"{visit.who.age_years:g}",
        "sex": "" if visit.who.sex is None else words("sexes", visit.who.sex),
    }
    rows = "".join(
        f"<dt>{escape(words('page', key))}</dt><dd{_kept(key)}>{escape(value)}</dd>"
        for key, value in facts.items()
        if value
    )
    return f"<header><h1>{escape(words('page', 'title'))}</h1><dl>{rows}</dl></header>"


def _when(moment: str) -> str:
    """A moment to the minute, in the zone that it was told in; unchanged where it is no ISO
    time."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    if len(moment) == len("2026-11-27"):
        return moment
    zone = "" if at.tzinfo is None else f" {at:%z}" if at.utcoffset() else " UTC"
    return f"{at:%Y-%m-%d %H:%M}{zone}"


def _origin_notes(visit: ReportedVisit, words: Words) -> str:
    """A box for each kind of source that is no live camera: nobody shall take it for a patient."""
    return "".join(
        f'<p class="origin {origin}">{escape(words("origin_notes", origin))}</p>'
        for origin in visit.origins()
        if origin != "camera"
    )


def summary(visit: ReportedVisit, norms: Norms, words: Words) -> str:
    """Three findings, and what to take again: what somebody reads who reads nothing else."""
    together = combined(visit)
    found = [finding.text for finding in main_findings(visit, together, norms, words)]
    again = [
        f"{words.listed(words('views', view) for view in each.views)}: {each.text}"
        for each in to_repeat(visit, together, words)
    ]
    findings = _list(words("page", "findings"), found or [words("page", "no_findings")])
    return f'<div class="summary">{findings}{_list(words("page", "repeat"), again)}</div>'


def _list(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<section><h2>{escape(title)}</h2><ol>{items}</ol></section>"


def figures(visit: ReportedVisit, words: Words) -> str:
    """The figures of all views side by side, an SVG whose style stands elsewhere."""
    groups = [
        drawing.draw(
            seen.figure,
            seen.view,
            seen.measures,
            words("views", seen.view) + words.origin(seen.origin),
        )
        for seen in visit.views
        if seen.figure
    ]
    if not groups:
        return f'<p class="small">{escape(words("page", "no_figure"))}</p>'
    named = words.listed(words("views", seen.view) for seen in visit.views if seen.figure)
    return drawing.sheet(groups, named)


def _not_measured(visit: ReportedVisit, words: Words) -> str:
    """The block of everything that was refused, by reason."""
    by_reason: dict[str, dict[str, None]] = {}
    for measure in visit.measured():
        if measure.value is None and not measure.code.startswith(REPEATED):
            reason = words.reason(measure.why[0])
            by_reason.setdefault(reason, {})[words.measure(measure.code)] = None
    if not by_reason:
        return ""
    lines = "".join(
        f"<p><b>{escape(reason)}</b>: {escape(words.listed(names))}</p>"
        for reason, names in by_reason.items()
    )
    return f"<section><h2>{escape(words('page', 'not_measured'))}</h2>{lines}</section>"


def _quality(visit: ReportedVisit, shown: list[Combined], norms: Norms, words: Words) -> str:
    lines = [
        words(
            "page", "frames", words("views", seen.view), seen.frames_used, seen.frames_seen,
            f"{seen.min_score:.2f}",
        )
        for seen in visit.views
    ]  # fmt: skip
    lines += scales(visit, words)
    lines += [line for seen in visit.views for line in _by_hand(seen, words)]
    doubts = {
        words.reason(why)
        for measure in visit.measured()
        if measure.quality is Quality.LOW
        for why in measure.why
    }
    if doubts:
        lines.append(f"{words('page', 'low')}: {words.listed(sorted(doubts))}")
    lines += [words("page", note) for note in notes(visit)]
    lines += _without_norm(visit, shown, norms, words)
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f"<section><h2>{escape(words('page', 'quality'))}</h2>{text}</section>"


def scales(visit: ReportedVisit, words: Words) -> Iterator[str]:
    """What the lengths of the views rest on, once for those that rest on the same."""
    views: dict[str, list[str]] = {}
    for seen in visit.views:
        if seen.has_lengths:
            views.setdefault(words.scale(seen.scale_by), []).append(words("views", seen.view))
    for text, of in views.items():
        yield text if len(views) == 1 else f"{words.listed(of)}: {text}"


def _by_hand(seen: ReportedView, words: Words) -> Iterator[str]:
    if (hand := seen.by_hand) is not None and hand.points_px:
        names = words.listed(words.part(name) for name in hand.points_px)
        yield words("page", "by_hand", hand.by, _when(hand.on), names)


def _without_norm(
    visit: ReportedVisit, shown: list[Combined], norms: Norms, words: Words
) -> Iterator[str]:
    """Why quantities that have norms got no band for this person, a line a reason."""
    by_reason: dict[str, dict[str, None]] = {}
    for one in shown:
        absent = placed(visit, one, norms).absent
        if absent is not None and one.measure.code in norms.codes and absent != "no_norm":
            names = by_reason.setdefault(absent, {})
            names[words.measure(one.measure.code, one.measure.definition)] = None
    for reason, names in by_reason.items():
        yield words("absent", reason, words.listed(names))


def _footer(visit: ReportedVisit, shown: list[Combined], norms: Norms, words: Words) -> str:
    used = [where.norm for one in shown if (where := placed(visit, one, norms)).bands]
    rests = dict.fromkeys(
        f"{norm.n}, {norm.age_years[0]:g}–{norm.age_years[1]:g}, {norm.source}"
        for norm in used
        if norm is not None
    )
    notes = words("page", "interval")
    if rests:
        notes += f" {words('page', 'bands_note', norms.version, '; '.join(rests))}"
    return (
        f'<footer><p class="small">{escape(notes)}</p>'
        f'<p class="disclaimer">{escape(words("page", "disclaimer"))}</p></footer>'
    )
