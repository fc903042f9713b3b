"""Every setting: what it may be, what it is without, and the sentence that stands below it."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.inspect import type_info
from posture_tools.collector.worker_settings import WorkerSettings

from edge.settings import Settings

_FILES: dict[str, tuple[type[msgspec.Struct], str]] = {
    "station.toml": (Settings, "The settings of a station: `posture-station --settings FILE ...`."),
    "collector.toml": (
        WorkerSettings,
        "The settings of a collector: `posture-collector run --config FILE`.",
    ),
}


@dataclass(frozen=True)
class Setting:
    """section : the TOML table it stands in; empty for the top. says : the hand-written sentence,
    empty where nobody wrote one."""

    file: str
    section: str
    key: str
    may_be: str
    default: str
    says: str


def settings() -> list[Setting]:
    """All settings, in the order of their classes."""
    return [each for name, (struct, _) in _FILES.items() for each in _of(name, "", struct)]


def _of(file: str, section: str, struct: type[msgspec.Struct]) -> Iterator[Setting]:
    says = sentences(struct)
    parts: list[tuple[str, type[msgspec.Struct]]] = []
    for field in msgspec.structs.fields(struct):
        if inner := _struct_in(field.type):
            parts.append((field.name, inner))
            if not isinstance(field.type, type):  # a list of tables: its own sentence stands here
                yield Setting(file, section, field.name, "one or more tables", "", says[field.name])
            continue
        default = "" if field.default is msgspec.NODEFAULT else _shown(field.default)
        yield Setting(
            file, section, field.name, _may_be(field.type), default, says.get(field.name, "")
        )
    for name, inner in parts:
        yield from _of(file, name, inner)


def _struct_in(of: Any) -> type[msgspec.Struct] | None:
    """The table that a field holds: one, or several of them."""
    info: Any = type_info(of)
    while isinstance(info, msgspec.inspect.Metadata):
        info = info.type
    if isinstance(info, msgspec.inspect.VarTupleType):
        info = info.item_type
    return info.cls if isinstance(info, msgspec.inspect.StructType) else None


def sentences(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The text below each field of a class, in its source."""
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(struct)))
    body = tree.body[0].body  # type: ignore[attr-defined]
    found = {}
    for field, text in itertools.pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            found[field.target.id] = " ".join(str(text.value.value).split())
    return found


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def _may_be(of: Any) -> str:
    info: Any = type_info(of)
    kind = msgspec.inspect
    while isinstance(info, kind.Metadata):
        info = info.type
    if isinstance(info, kind.UnionType):
        return " or ".join(
            _named(each) for each in info.types if not isinstance(each, kind.NoneType)
        )
    return _named(info)


def _named(info: Any) -> str:
    kind = msgspec.inspect
    while isinstance(info, kind.Metadata):
        info = info.type
    match info:
        case kind.BoolType():
            return "true, false"
        case kind.LiteralType():
            return ", ".join(json.dumps(value) for value in info.values)
        case kind.VarTupleType():
            return f"list of {_named(info.item_type)}"
        case kind.IntType() | kind.FloatType():
            word = "whole number" if isinstance(info, kind.IntType) else "number"
            low = f"> {info.gt:g}" if info.gt is not None else f">= {info.ge:g}"
            return f"{word} {low}, <= {info.le:g}"
        case kind.StrType():
            return f"text like `{_plain(info.pattern)}`" if info.pattern else "text"
    raise TypeError(f"a setting of type {info} has no words in the reference")


def _plain(pattern: str) -> str:
    """A pattern without the part that keeps a line's end from passing."""
    return pattern.replace(r"(?!\n)", "")


_TOP = """\
# Settings

Made from the code by `make docs`. An unknown key and a value out of its bounds are refused by name.
A relative file name is that of a file beside the settings.
"""


def page() -> str:
    """The reference as Markdown."""
    lines = [_TOP]
    of_file = ""
    of_section: str | None = None
    for each in settings():
        if each.file != of_file:
            of_file, of_section = each.file, None
            lines += ["", f"## {each.file}", "", _FILES[each.file][1]]
        if each.section != of_section:
            of_section = each.section
            if each.section:
                lines += ["", f"### {each.file}, `[{each.section}]`"]
            lines += ["", "| key | may be | without it | what it does |", "|---|---|---|---|"]
        cells = (
            f"`{each.key}`",
            each.may_be,
            f"`{each.default}`" if each.default else "needed",
            each.says,
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
