"""The block of the seven movements, with what may be done about them."""

from __future__ import annotations

from html import escape

from edge.fms.rules import shipped_rules
from edge.records import Measure
from edge.report.reported_visit import ReportedVisit
from edge.report.words import Words

_MOVEMENTS = tuple(shipped_rules().movements)
_GROUPS = ("mobility", "stability", "pattern")


def score_block(visit: ReportedVisit, words: Words) -> str:
    """Scores by movement and side, total and advice; empty where no movements were scored."""
    scores = {m.code: m for m in visit.scores}
    if not scores:
        return ""
    heads = ("", words("sides", "right"), words("sides", "left"),
             words("page", "score"), "")  # fmt: skip
    cells = "".join(f'<th class="{"n" if i else ""}">{escape(h)}</th>' for i, h in enumerate(heads))
    rows = "".join(_row(name, scores, words) for name in _MOVEMENTS)
    heading = words("page", "movements") + words.origin(visit.scores_origin)
    notes = "".join(f"<p>{escape(note)}</p>" for note in _notes(scores, words))
    return (
        f"<section><h2>{escape(heading)}</h2><table><tr>{cells}</tr>{rows}</table>{notes}</section>"
    )


def _row(name: str, scores: dict[str, Measure], words: Words) -> str:
    final = scores.get(f"fms_{name}")
    sides = [_number(scores.get(f"fms_{name}_{side}")) for side in ("right", "left")]
    remark = _remark(final, words)
    return (
        f"<tr><td>{escape(words('movements', name))}</td>"
        + "".join(f'<td class="n">{side}</td>' for side in sides)
        + f'<td class="n"><b>{_number(final)}</b></td><td>{escape(remark)}</td></tr>'
    )


def _number(score: Measure | None) -> str:
    if score is None:
        return ""
    return "–" if score.value is None else f"{score.value:.0f}"


def _remark(final: Measure | None, words: Words) -> str:
    if final is None:
        return ""
    if final.value is None:
        return words.reason(final.why[0])
    return words("page", "asymmetric") if "asymmetric" in final.why else ""


def _notes(scores: dict[str, Measure], words: Words) -> list[str]:
    """Total, groups and advice, the most important first."""
    total = scores.get("fms_total")
    notes = [words("page", "no_total")]
    if total is not None and total.value is not None:
        groups = words.listed(
            f"{words('movements', group)} {_number(scores.get(f'fms_{group}'))}"
            for group in _GROUPS
        )
        flagged = "flagged" if "at_or_below_flag" in total.why else "not_flagged"
        notes = [
            f"{words('page', 'total', f'{total.value:.0f}')} ({groups}). "
            f"{words('page', flagged)} {words('page', 'noise')}"
        ]
    finals = {name: scores[f"fms_{name}"] for name in _MOVEMENTS if f"fms_{name}" in scores}
    if any(score.value == 0.0 for score in finals.values()):
        notes.append(words("advice", "pain"))
    if any(score.value == 1.0 for score in finals.values()):
        notes.append(words("advice", "low_score"))
    uneven = [words("movements", n) for n, score in finals.items() if "asymmetric" in score.why]
    if uneven:
        notes.append(words("advice", "asymmetric", words.listed(uneven)))
    return notes
