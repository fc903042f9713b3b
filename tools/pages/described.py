"""REST whose description names every answer, those of what stands before an operation too."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest
from ninja import NinjaAPI

_ALWAYS = {
    401: "no token, or one that is revoked",
    429: "too many requests from one address within a minute; `Retry-After` says how long to wait",
    503: "the store cannot be reached",
}
_PROBLEM = {
    "type": "object",
    "required": ["detail"],
    "properties": {"detail": {"type": "string"}},
}
_MISTAKES = {
    "type": "object",
    "required": ["detail"],
    "properties": {"detail": {"type": "array", "items": {"type": "object"}}},
}


_BODIES: dict[str, Any] = {}  # what requests hold, by name


def body_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The body of a request as our own records describe it, which are what reads it."""
    [schema], components = msgspec.json.schema_components(
        [kind], ref_template="#/components/schemas/{name}"
    )
    _BODIES.update(components)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


class DescribedApi(NinjaAPI):
    """The framework's API, with the answers that every operation may give."""

    def get_openapi_schema(self, **named: Any) -> Any:
        described = super().get_openapi_schema(**named)
        described["components"]["schemas"].update(_BODIES)
        for operations in described["paths"].values():
            for operation in operations.values():
                answers = operation["responses"]
                for status, why in _ALWAYS.items():
                    answers[status] = _answer(why, _PROBLEM)
                if operation.get("parameters") or operation.get("requestBody"):
                    answers[422] = _answer("what was asked is out of bounds", _MISTAKES)
        return described


def _answer(why: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": why, "content": {"application/json": {"schema": schema}}}


def call(request: HttpRequest) -> str:
    """A request in the words of the audit log."""
    query = request.META.get("QUERY_STRING", "")
    return f"{request.method} {request.path}{'?' if query else ''}{query}"
