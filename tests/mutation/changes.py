"""Every small change that can be made to a file: where, of which kind, and what stands there then.

Six kinds: a comparison turned, an arithmetic sign, a number, a boolean, what is returned, and a
statement taken out. Annotations, texts and what only a type checker reads are left alone: no test
could see them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
RECKONED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
KINDS = ("comparison", "arithmetic", "constant", "boolean", "return", "removed")
_REMOVED = (ast.AugAssign, ast.Raise, ast.Continue, ast.Break, ast.Delete)


@dataclass(frozen=True)
class Change:
    """One mutant. start, end : offsets in the file's UTF-8 bytes. line : counted from 1."""

    file: str
    kind: str
    line: int
    start: int
    end: int
    before: str
    after: str

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.after.encode() + source[self.end :]


def changes_of(root: Path, file: str) -> list[Change]:
    """Every change of a file, in the order of its text."""
    source = (root / file).read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for kind, node, after in _ways(ast.parse(source)):
        assert isinstance(node, ast.expr | ast.stmt)
        assert node.end_lineno is not None and node.end_col_offset is not None  # noqa: PT018
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        before = source[start:end].decode()
        found.append(Change(file, kind, node.lineno, start, end, before, after))
    return sorted(found, key=lambda change: (change.start, change.end, change.after))


def _ways(tree: ast.Module) -> Iterator[tuple[str, ast.AST, str]]:
    """(kind, node, what stands in its place)."""
    for node in _read_at_run_time(tree):
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others):
                for n, op in enumerate(ops):
                    turned = [*ops[:n], COMPARED[type(op)](), *ops[n + 1 :]]
                    yield "comparison", node, _text(ast.Compare(left, turned, others))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in RECKONED:
                if not _is_text(left) and not _is_text(right):
                    yield "arithmetic", node, _text(ast.BinOp(left, RECKONED[type(op)](), right))
            case ast.Constant(value=bool() as value):
                yield "boolean", node, str(not value)
            case ast.Constant(value=int() | float() as value):
                yield "constant", node, f"({value} + 1)"
            case ast.BoolOp(op=op, values=values):
                other = ast.Or() if isinstance(op, ast.And) else ast.And()
                yield "boolean", node, _text(ast.BoolOp(other, values))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield "boolean", node, f"bool({ast.unparse(operand)})"
            case ast.Return(value=ast.expr() as value):
                if not (isinstance(value, ast.Constant) and value.value is None):
                    yield "return", node, "return None"
            case ast.Expr(value=ast.Call() | ast.Await()):
                yield "removed", node, "pass"
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                yield "removed", node, "pass"
            case _ if isinstance(node, _REMOVED):
                yield "removed", node, "pass"
            case _:
                pass


def _read_at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params"):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from _read_at_run_time(child)


def _is_text(node: ast.expr) -> bool:
    """A sum of texts fails at once when it becomes a difference."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def _text(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"
