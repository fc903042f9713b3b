"""Words of the FHIR export: our own code systems, and the few of others that it uses.

No code comes from anywhere but these tables: FHIR R4 binds some elements to fixed lists, and a
model that only checks types lets a wrong word pass.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, Literal

from edge.report.words import LANGUAGES, words

Json = dict[str, Any]
Term = Literal["interval", "band", "quality", "side", "origin"]


def urn(name: str) -> str:
    """A URI of ours that needs no host: the same in every export."""
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, name)}"


_NAMESPACE = uuid.UUID("6f1c8a0e-93d5-5b0a-9d6b-1c1f3f6f2a41")
MEASURES = urn("code-system/measures")
TERMS = urn("code-system/terms")
OBSERVATION_ID = urn("identifier/observation")
DEVICE_ID = urn("identifier/station")
PERSON_ID = urn("identifier/person")
SESSION_ID = urn("identifier/session")
UCUM = "http://unitsofmeasure.org"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

# Element -> the words that R4 allows there and this export uses.
REQUIRED: dict[str, frozenset[str]] = {
    "Bundle.type": frozenset({"transaction"}),
    "Bundle.entry.request.method": frozenset({"POST"}),
    "Observation.status": frozenset({"final", "corrected"}),
    "Device.status": frozenset({"active"}),
    "Identifier.use": frozenset({"usual", "official"}),
    "CodeSystem.status": frozenset({"active"}),
    "CodeSystem.content": frozenset({"complete"}),
    INTERPRETATION: frozenset({"N", "L", "H", "IND"}),
    ABSENT: frozenset({"not-performed", "error"}),
    CATEGORY: frozenset({"exam"}),
    REASON: frozenset({"HTEST"}),
    UCUM: frozenset({"deg", "mm", "mm/s", "mm2", "%", "1"}),
}

_TERMS: dict[Term, dict[str, str]] = {
    "interval": {
        "u95-low": "Lower end of the 95 % interval",
        "u95-high": "Upper end of the 95 % interval",
        "u95-change": "Half width of the 95 % interval of a difference to the same person's next",
    },
    "band": {
        "below": "Below the usual range of people of this age and sex",
        "usual": "In the usual range of people of this age and sex",
        "above": "Above the usual range of people of this age and sex",
    },
    "quality": {"low": "Measured, and less certain than usual"},
    "side": {"left": "The person's left", "right": "The person's right"},
    "origin": {
        "camera": "From a live camera",
        "file": "From a photograph or a recording",
        "upload": "From uploaded pictures",
        "rendered": "A rendered person, drawn by a computer: nobody was measured",
        "unknown": "The result does not say where its pictures came from",
    },
}
_BANDS = {"below": "L", "usual": "N", "above": "H"}


def required(element: str, code: str) -> str:
    """The code itself. Raises ValueError for one that may not stand there."""
    if code not in REQUIRED[element]:
        raise ValueError(f"{code!r} may not stand in {element}")
    return code


def ucum(unit: str) -> Json:
    """What of a quantity says its unit. One that only a newer station knows has no code."""
    coded = {"%H": "%"}.get(unit, unit)
    if coded not in REQUIRED[UCUM]:
        return {"unit": unit} if unit else {}
    return {"unit": unit, "system": UCUM, "code": required(UCUM, coded)}


def term(kind: Term, code: str) -> Json:
    """A coding of our second system."""
    return {"system": TERMS, "code": f"{kind}-{code}", "display": _TERMS[kind][code]}


def knows(kind: Term, code: str) -> bool:
    """Whether the system has it: a newer station may say more."""
    return code in _TERMS[kind]


def interpretations(band: str, quality: str) -> list[Json]:
    """The codes that interpret a measured value. band : as the store has it, several with |
    between."""
    found: list[Json] = []
    reached = [each for each in band.split("|") if each in _BANDS]
    if reached:
        flag = _BANDS[reached[0]] if len(reached) == 1 else "IND"
        coding = [{"system": INTERPRETATION, "code": required(INTERPRETATION, flag)}]
        found.append({"coding": coding + [term("band", each) for each in reached]})
    if knows("quality", quality):
        found.append({"coding": [term("quality", quality)]})
    return found


def code_systems(codes: Iterable[str], version: str) -> list[Json]:
    """The two resources. codes : of the measures that the export holds; the known ones are there
    in any case. version : of this software."""
    table = words("en").tables["measures"]
    known = {code.partition(":")[0] for code in table}
    measures = [_measure(code) for code in sorted(known | set(codes))]
    terms = [
        {"code": f"{kind}-{code}", "display": text}
        for kind, texts in _TERMS.items()
        for code, text in texts.items()
    ]
    return [
        _code_system(MEASURES, "PostureMeasures", "posture-station: measures", version, measures),
        _code_system(TERMS, "PostureTerms", "posture-station: terms", version, terms),
    ]


def _code_system(url: str, name: str, title: str, version: str, concepts: Collection[Json]) -> Json:
    return {
        "resourceType": "CodeSystem",
        "url": url,
        "version": version,
        "name": name,
        "title": title,
        "status": required("CodeSystem.status", "active"),
        "experimental": False,
        "caseSensitive": True,
        "content": required("CodeSystem.content", "complete"),
        "count": len(concepts),
        "concept": list(concepts),
    }


@cache
def measure_name(code: str) -> str:
    """A measure's English name, as the reports have it."""
    return words("en").measure(code)


def _measure(code: str) -> Json:
    others = [language for language in LANGUAGES if language != "en"]
    told = [
        {"language": LANGUAGES[each], "value": words(each).tables["measures"][code]}
        for each in others
        if code in words(each).tables["measures"]
    ]
    return {"code": code, "display": measure_name(code)} | ({"designation": told} if told else {})
