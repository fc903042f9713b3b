"""Every metric that a collector serves, read from where it is made."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

KINDS = ("Counter", "Gauge", "Histogram", "Summary")


@dataclass(frozen=True)
class Metric:
    """name : as Prometheus shows it. says : its own sentence."""

    name: str
    kind: str
    says: str
    labels: tuple[str, ...] = ()


def metrics(root: Path) -> list[Metric]:
    """What the collector and its pages count, by name."""
    found = [
        _metric(call.func.id, call.args)
        for path in sorted((root / "tools").rglob("*.py"))
        if "prometheus_client" in (text := path.read_text(encoding="utf-8"))
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in KINDS
        and len(call.args) >= 2
    ]
    return sorted(found, key=lambda metric: metric.name)


def _metric(kind: str, arguments: list[ast.expr]) -> Metric:
    name, says = (ast.literal_eval(argument) for argument in arguments[:2])
    labels = ast.literal_eval(arguments[2]) if len(arguments) > 2 else ()
    counted = "_total" if kind == "Counter" and not name.endswith("_total") else ""
    return Metric(f"{name}{counted}", kind.lower(), says, tuple(labels))


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
