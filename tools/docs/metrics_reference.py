"""Every metric that a collector serves, read from where it is made."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"posture_[a-z_]+")


@dataclass(frozen=True)
class Metric:
    """name : as Prometheus shows it. says : its own sentence."""

    name: str
    kind: str
    says: str
    labels: tuple[str, ...] = ()


def metrics(root: Path) -> list[Metric]:
    """What the collector and its pages count, by name."""
    found = (
        metric
        for path in sorted((root / "tools").rglob("*.py"))
        if "prometheus_client" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if (metric := _metric(node)) is not None
    )
    return sorted(found, key=lambda metric: metric.name)


def _metric(node: ast.AST) -> Metric | None:
    """One that is made here, by a call, or by a row of a table that such calls go through."""
    kind = "gauge"
    parts: list[ast.expr] = []
    more: list[ast.expr] = []
    if isinstance(node, ast.Tuple):
        parts = node.elts
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        kind, parts = node.func.id.lower(), node.args
        more = [*parts[2:3], *(word.value for word in node.keywords if word.arg == "labels")]
    words = [part.value for part in parts[:2] if isinstance(part, ast.Constant)]
    if len(words) < 2 or not _NAME.fullmatch(str(words[0])):
        return None
    counted = "_total" if kind == "counter" else ""
    labels = tuple(ast.literal_eval(more[0])) if more else ()
    return Metric(f"{words[0]!s}{counted}", kind, str(words[1]), labels)


def page(root: Path) -> str:
    """The reference as Markdown."""
    lines = [
        "# Metrics", "",
        "Made from the code by `make docs`. `metrics` in `collector.toml` says where they are",
        "served.", "",
        "| metric | kind | labels | what it says |", "|---|---|---|---|",
    ]  # fmt: skip
    for each in metrics(root):
        lines.append(f"| `{each.name}` | {each.kind} | {', '.join(each.labels)} | {each.says} |")
    return "\n".join(lines) + "\n"
