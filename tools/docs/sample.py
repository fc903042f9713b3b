"""Comments and help texts drawn by a seed, to be read by somebody: is one plain sentence enough?

python -m posture_tools.docs sample --seed 20 --count 60
"""

from __future__ import annotations

import ast
import io
import random
import tokenize
from collections.abc import Iterator
from pathlib import Path

from posture_tools.docs.command_reference import PROGRAMS, typed, verbs


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """Where, and what it says: comments in a row as one, docstrings' first paragraphs, helps."""
    for path in sorted([*(root / "edge").rglob("*.py"), *(root / "tools").rglob("*.py")]):
        source = path.read_text(encoding="utf-8")
        yield from _comments(path.relative_to(root), source)
        yield from _docstrings(path.relative_to(root), source)
    for program in PROGRAMS:
        for command, verb in verbs(program):
            yield f"{command} --help", verb.says
            for argument in verb.arguments:
                yield f"{command} {typed(argument)}", str(argument.settings["help"])


def _comments(path: Path, source: str) -> Iterator[tuple[str, str]]:
    last, begun, text = -1, 0, ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or token.string.startswith(("# fmt", "# noqa", "# type")):
            continue
        line, said = token.start[0], token.string.lstrip("# ")
        alone = not token.line[: token.start[1]].strip()  # what stands behind code is of its line
        if alone and line == last + 1:
            text = f"{text} {said}"
        else:
            if text:
                yield f"{path}:{begun}", text
            begun, text = line, said
        last = line if alone else -1
    if text:
        yield f"{path}:{begun}", text


def _docstrings(path: Path, source: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            said = (ast.get_docstring(node) or "").partition("\n\n")[0]
            if said:
                yield f"{path}:{getattr(node, 'lineno', 1)}", " ".join(said.split())


def sample(root: Path, seed: int, count: int) -> list[tuple[str, str]]:
    """So many of them, always the same for the same tree and seed."""
    return random.Random(seed).sample(list(texts(root)), count)
