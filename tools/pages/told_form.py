"""What an operator tells of a person, as every form that asks for it has it.

The bounds are those of the records that the station and the store take, so that a mistake is said
beside its field, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, get_args

import msgspec.inspect
from django import forms
from django.core.validators import RegexValidator
from posture_tools.pages.badge import unbadged

from edge.accuracy import Clothing
from edge.report.words import Words
from edge.wire.order import Footwear, Inputs, Opaque, Order, Sex

_INPUTS = {
    field.name: field.type
    for field in msgspec.inspect.type_info(Inputs).fields  # type: ignore[attr-defined]
}
_OPAQUE = RegexValidator(str(msgspec.inspect.type_info(Opaque).pattern))  # type: ignore[attr-defined]
CHOICES: dict[str, tuple[str, ...]] = {
    "sex": get_args(Sex),
    "pain": ("yes", "no"),
    "clothing_upper": get_args(Clothing),
    "clothing_lower": get_args(Clothing),
    "footwear": get_args(Footwear),
}


Choice = tuple[forms.BoundField, str, list[tuple[str, str]]]


def number_of(name: str) -> forms.FloatField:
    """An input of that name, empty or within its bounds."""
    [kind] = [t for t in _INPUTS[name].types if isinstance(t, msgspec.inspect.FloatType)]
    return forms.FloatField(required=False, min_value=kind.ge, max_value=kind.le)


def word() -> forms.CharField:
    """An opaque code or the version of a text."""
    return forms.CharField(validators=[_OPAQUE])


def choices(say: Words, form: forms.Form, known: Collection[str] = tuple(CHOICES)) -> list[Choice]:
    """Each field of a choice among `known`: the field, its label, and its options by name."""
    said = say.tables["screen"] | say.tables["operate"]
    labels = {"clothing_upper": "upper", "clothing_lower": "lower"}
    return [
        (form[name], said[labels.get(name, name)], [(kind, said[kind]) for kind in kinds])
        for name, kinds in CHOICES.items()
        if name in known
    ]


class ToldForm(forms.Form):
    """Who is meant, that they agreed, and what no camera sees. A code reader types like a keyboard:
    a badge in the field of the code brings the version of the consent along."""

    code = word()
    consent_version = word()
    stature_mm = number_of("stature_mm")
    age_years = number_of("age_years")

    def __init__(self, data: Mapping[str, Any] | None = None, **named: Any) -> None:
        super().__init__(None if data is None else unbadged(data), **named)
        for name, kinds in CHOICES.items():
            choices = [(kind, "") for kind in ("", *kinds)]
            self.fields[name] = forms.ChoiceField(required=False, choices=choices)

    def order(self) -> Order:
        """The order as a station takes it. Raises msgspec.ValidationError where it would not."""
        given = {key: value for key, value in self.cleaned_data.items() if value not in ("", None)}
        told: dict[str, Any] = {name: given[name] for name in _INPUTS if name in given}
        if "pain" in told:
            told["pain"] = told["pain"] == "yes"
        inputs = msgspec.to_builtins(msgspec.convert(told, Inputs))
        named = {name: given.get(name, "") for name in ("code", "consent_version")}
        return msgspec.convert(named | {"inputs": inputs}, Order)
