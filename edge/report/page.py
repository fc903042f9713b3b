"""One visit as one page: HTML that needs no other file and prints on one sheet of A4."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape, unescape
from importlib import resources
from unicodedata import east_asian_width

from edge.norms import Norms
from edge.records import Measure, Quality, View
from edge.report import drawing
from edge.report.reported_visit import ReportedView, ReportedVisit
from edge.report.scores import score_block
from edge.report.trend import change_cell, notes
from edge.report.words import LANGUAGES, Words

_SIDES: tuple[tuple[str, tuple[View, ...]], ...] = (
    ("frontal", ("front", "back")),
    ("lateral", ("right", "left")),
)
# Lines that one sheet has room for below the figures, and characters that a column has for one;
# those of East Asia are twice as wide.
_ROOM, _COLUMN, _NOTE_LINES = 36, 66, 2
_NAME, _BESIDE_CHANGE = 30, 17  # characters that a measure's name has in its row
_PARAGRAPH, _TAG = re.compile("<p>(.*?)</p>", re.DOTALL), re.compile("<[^>]*>")
_ROW_NAME = re.compile("<tr><t[dh][^>]*>(.*?)</t[dh]>", re.DOTALL)
# The course's form of an angle that stands here already.
_REPEATED = "aigo_"


def page(visit: ReportedVisit, norms: Norms, words: Words) -> str:
    """The whole document."""
    left, right = columns(visit, norms, words)
    body = (
        f"{_header(visit, words)}{_origin_notes(visit, words)}"
        f'<div class="figures">{figures(visit, words)}</div>'
        f'<div class="columns"><div>{left}</div><div>{right}</div></div>'
        f"{_footer(norms, words)}"
    )
    name_width = _BESIDE_CHANGE if visit.before else _NAME
    lines = max(_lines(left, name_width), _lines(right, name_width))
    room = _ROOM - _NOTE_LINES * sum(origin != "camera" for origin in visit.origins())
    zoom = min(1.0, room / lines) if lines else 1.0
    return (
        f'<!doctype html><html lang="{LANGUAGES[words.language]}"><head><meta charset="utf-8">'
        f"<title>{escape(words('page', 'title'))} {escape(visit.person)}</title>"
        f'<style>{_style()}</style></head><body style="zoom:{zoom:.3f}">{body}</body></html>\n'
    )


def columns(visit: ReportedVisit, norms: Norms, words: Words) -> tuple[str, str]:
    """The two columns below the figures: measures, what was not measured, scores, quality."""
    frontal, lateral = (_table(visit, views, key, norms, words) for key, views in _SIDES)
    left = frontal + _not_measured(visit, words)
    return left, lateral + score_block(visit, words) + _quality(visit, norms, words)


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
    return f"{svg[:start]}<style>{_style()}</style>{font}{svg[start:]}\n"


def _style() -> str:
    folder = resources.files("edge.report").joinpath("style")
    return "".join(folder.joinpath(f"{name}.css").read_text("utf-8") for name in ("page", "figure"))


def _header(visit: ReportedVisit, words: Words) -> str:
    facts = {
        "person": visit.person,
        "screened": _when(visit.screened_at) or words("page", "date_unknown"),
        "station": visit.station,
        "software": visit.software,
        "consent": visit.consent,
        "models": ", ".join(visit.models),
    }
    rows = "".join(
        f"<dt>{escape(words('page', key))}</dt><dd>{escape(value)}</dd>"
        for key, value in facts.items()
        if value
    )
    return f"<header><h1>{escape(words('page', 'title'))}</h1><dl>{rows}</dl></header>"


def _when(moment: str) -> str:
    """To the minute, in the time that it was told in; as it is where it is no ISO time."""
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


def _table(
    visit: ReportedVisit, views: tuple[View, ...], key: str, norms: Norms, words: Words
) -> str:
    """The measures seen from two opposite sides, a row each; what no view gave stands elsewhere."""
    shown = [view for view in views if any(seen.view == view for seen in visit.views)]
    codes = dict.fromkeys(
        m.code
        for m in visit.measured()
        if m.view in shown and m.value is not None and not m.code.startswith(_REPEATED)
    )
    if not codes:
        return ""
    history = bool(visit.before)
    heads = [words("page", "measure"), *(words("views", view) for view in shown), ""]
    if history:
        heads.append(words("page", "change") + words.origin(*visit.origins()))
    rows = [_row(visit, code, shown, norms, words) for code in codes]
    cells = "".join(f'<th class="{"n" if i else ""}">{escape(h)}</th>' for i, h in enumerate(heads))
    return (
        f"<section><h2>{escape(words('page', key))}</h2>"
        f"<table><tr>{cells}</tr>{''.join(rows)}</table></section>"
    )


def _row(visit: ReportedVisit, code: str, views: Sequence[View], norms: Norms, words: Words) -> str:
    measures = [visit.of(code, view) for view in views]
    given = [m for m in measures if m is not None and m.value is not None]
    bands = max((norms.bands_of(m) for m in given), key=lambda b: _rank(b, norms), default=())
    cells = "".join(f'<td class="n">{_value(m)}</td>' for m in measures)
    unit = escape({"deg": "°", "1": ""}.get(given[0].unit, given[0].unit))
    change = ""
    if visit.before:
        change = f'<td class="n">{change_cell(visit, given[0], norms, words)}</td>'
    name = escape(words.measure(code, given[0].definition))
    return (
        f"<tr><td>{name}&nbsp;<small>{unit}</small></td>{cells}"
        f'<td class="n">{_band(bands, norms, words)}</td>{change}</tr>'
    )


def _rank(bands: tuple[str, ...], norms: Norms) -> int:
    return norms.bands.index(bands[0]) if bands else -1


def _value(measure: Measure | None) -> str:
    if measure is None or measure.value is None:
        return '<span class="none">–</span>'
    digits = 2 if measure.unit == "1" else 1
    number = f"{measure.value:.2f}" if measure.unit == "1" else drawing.signed(measure.value)
    half = "" if measure.u95 is None else f" <small>±{measure.u95:.{digits}f}</small>"
    doubt = '<span class="doubt">•</span>' if measure.quality is Quality.LOW else ""
    return f'<span title="{escape(_facts(measure, digits))}">{doubt}{number}{half}</span>'


def _facts(measure: Measure, digits: int) -> str:
    """What a page has no room for, in the words of the message: read by pointing at the value."""
    facts = {
        "view": measure.view,
        "side": measure.side,
        "definition": measure.definition,
        "n": f"{measure.n:.0f}",
        "u95_change": "" if measure.u95_change is None else f"{measure.u95_change:.{digits}f}",
    }
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value)


def _band(bands: tuple[str, ...], norms: Norms, words: Words) -> str:
    """The band's word; of an interval that reaches over edges the first and the last."""
    if not bands:
        return ""
    names = [words("bands", band) for band in dict.fromkeys((bands[0], bands[-1]))]
    first = "within" if bands[0] == norms.bands[0] else bands[0]
    css = first if len(names) == 1 else "several"
    return f'<span class="word {css}">{escape("–".join(names))}</span>'


def _not_measured(visit: ReportedVisit, words: Words) -> str:
    """Everything refused, by reason: nothing is left out."""
    by_reason: dict[str, dict[str, None]] = {}
    for measure in visit.measured():
        if measure.value is None and not measure.code.startswith(_REPEATED):
            reason = words.reason(measure.why[0])
            by_reason.setdefault(reason, {})[words.measure(measure.code)] = None
    if not by_reason:
        return ""
    lines = "".join(
        f"<p><b>{escape(reason)}</b>: {escape(words.listed(names))}</p>"
        for reason, names in by_reason.items()
    )
    return f"<section><h2>{escape(words('page', 'not_measured'))}</h2>{lines}</section>"


def _quality(visit: ReportedVisit, norms: Norms, words: Words) -> str:
    lines = [
        words(
            "page", "frames", words("views", seen.view), seen.frames_used, seen.frames_seen,
            f"{seen.min_score:.2f}",
        )
        for seen in visit.views
    ]  # fmt: skip
    lines += [line for seen in visit.views for line in _rests_on(seen, words)]
    doubts = {
        words.reason(why)
        for measure in visit.measured()
        if measure.quality is Quality.LOW
        for why in measure.why
    }
    if doubts:
        lines.append(f"{words('page', 'low')}: {words.listed(sorted(doubts))}")
    lines += [words("page", note) for note in notes(visit)]
    if _any_marked(visit.measured(), norms):
        lines.append(words("advice", "marked"))
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f"<section><h2>{escape(words('page', 'quality'))}</h2>{text}</section>"


def _rests_on(seen: ReportedView, words: Words) -> Iterator[str]:
    """What a view's measures rest on besides its frames."""
    if seen.scale_by:
        yield words("scales", seen.scale_by)
    if (hand := seen.by_hand) is not None:
        names = words.listed(words.part(name) for name in hand.points_px)
        yield words("page", "by_hand", hand.by, _when(hand.on), names)


def _any_marked(measures: Iterable[Measure], norms: Norms) -> bool:
    return any(norms.bands_of(measure)[:1] == norms.bands[-1:] for measure in measures)


def _footer(norms: Norms, words: Words) -> str:
    notes = f"{words('page', 'interval')} {words('page', 'bands_note', norms.version)}"
    return (
        f'<footer><p class="small">{escape(notes)}</p>'
        f'<p class="disclaimer">{escape(words("page", "disclaimer"))}</p></footer>'
    )
