"""The tables of a page: a row for each quantity, one number with one interval where sides agree."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from edge.norms import Band, Norms
from edge.records import Quality, View
from edge.report.drawing import signed
from edge.report.findings import placed
from edge.report.reported_visit import ReportedVisit
from edge.report.together import APART, LATERAL, Combined
from edge.report.trend import change_cell
from edge.report.words import Words

# The course's form of an angle that stands here already.
REPEATED = "aigo_"


def frontal_table(visit: ReportedVisit, seen: list[Combined], norms: Norms, words: Words) -> str:
    """What was seen from the front, from behind, or both: one value each."""
    shown = [one for one in seen if not set(one.views) & set(LATERAL)]
    heads = [words("page", "measure"), words("page", "seen_from"), words("page", "value"), ""]
    rows = []
    for one in shown:
        views = escape(words.listed(words("views", view) for view in one.views))
        cells = f'<td class="n">{views}</td><td class="n">{_value(one, words)}</td>'
        rows.append((_name([one], words), cells, [one]))
    return _table(visit, words("page", "frontal"), heads, rows, norms=norms, words=words)


def lateral_table(visit: ReportedVisit, seen: list[Combined], norms: Norms, words: Words) -> str:
    """What was seen from the sides: a column for each, one value over both for the midline."""
    shown = [one for one in seen if set(one.views) & set(LATERAL)]
    taken = [view for view in LATERAL if any(view in one.views for one in shown)]
    heads = [words("page", "measure"), *(words("views", view) for view in taken), ""]
    rows = []
    for code in dict.fromkeys(one.measure.code for one in shown):
        of_code = [one for one in shown if one.measure.code == code]
        rows.append((_name(of_code, words), _side_cells(of_code, taken, words), of_code))
    return _table(visit, words("page", "lateral"), heads, rows, norms=norms, words=words)


def _table(
    visit: ReportedVisit,
    title: str,
    heads: list[str],
    rows: Sequence[tuple[str, str, list[Combined]]],
    *,
    norms: Norms,
    words: Words,
) -> str:
    """rows : name, value cells, and the quantities in them."""
    if not rows:
        return ""
    if visit.before:
        heads = [*heads, words("page", "change") + words.origin(*visit.origins())]
    cells = "".join(f'<th class="{"n" if i else ""}">{escape(h)}</th>' for i, h in enumerate(heads))
    body = ""
    for name, values, of_row in rows:
        change = ""
        if visit.before:
            told = (change_cell(visit, one, words) for one in of_row)
            change = f'<td class="n">{" / ".join(cell for cell in told if cell)}</td>'
        bands = f'<td class="n">{_bands(visit, of_row, norms, words)}</td>'
        body += f"<tr><td>{name}</td>{values}{bands}{change}</tr>"
    return f"<section><h2>{escape(title)}</h2><table><tr>{cells}</tr>{body}</table></section>"


def _name(of_row: list[Combined], words: Words) -> str:
    measure = of_row[0].measure
    unit = escape(words.unit(measure.unit).strip())
    return f"{escape(words.measure(measure.code, measure.definition))}&nbsp;<small>{unit}</small>"


def _side_cells(of_code: list[Combined], taken: list[View], words: Words) -> str:
    if len(of_code) == 1 and len(of_code[0].views) == len(taken):
        return f'<td class="n" colspan="{len(taken)}">{_value(of_code[0], words)}</td>'
    by_view = {view: one for one in of_code for view in one.views}
    return "".join(f'<td class="n">{_value(by_view.get(view), words)}</td>' for view in taken)


def _value(one: Combined | None, words: Words) -> str:
    if one is None or one.measure.value is None:
        return '<span class="none">–</span>'
    measure = one.measure
    value = one.measure.value
    digits = 2 if measure.unit == "1" else 1
    number = f"{value:.2f}" if measure.unit == "1" else signed(value)
    half = "" if measure.u95 is None else f" <small>±{measure.u95:.{digits}f}</small>"
    doubt = '<span class="doubt">•</span>' if measure.quality is Quality.LOW else ""
    apart = '<span class="doubt">≠</span>' if APART in measure.why else ""
    return f'<span title="{escape(_facts(one, digits, words))}">{doubt}{apart}{number}{half}</span>'


def _facts(one: Combined, digits: int, words: Words) -> str:
    """What a page has no room for: read by pointing at the value."""
    measure = one.measure
    facts = {
        "view": words.listed(words("views", view) for view in one.views),
        "side": words("sides", measure.side) if measure.side else "",
        "definition": measure.definition,
        "n": f"{measure.n:.0f}",
        "u95_change": "" if measure.u95_change is None else f"{measure.u95_change:.{digits}f}",
    }
    return " · ".join(words("facts", name, value) for name, value in facts.items() if value)


def _bands(visit: ReportedVisit, of_row: list[Combined], norms: Norms, words: Words) -> str:
    """The band's word; of an interval that reaches over an end of what is usual both."""
    told = [placed(visit, one, norms).bands for one in of_row]
    named = {bands: _band(bands, words) for bands in told if bands}
    return " / ".join(named.values())


def _band(bands: tuple[Band, ...], words: Words) -> str:
    css = bands[0] if len(bands) == 1 else "several"
    text = "–".join(words("bands", band) for band in bands)
    return f'<span class="word {css}">{escape(text)}</span>'
