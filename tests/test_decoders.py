"""Whoever calls a library that decodes bytes translates what the library raises.

A call stands in a `try` whose handlers catch all that such bytes can bring about: the decoder's own
class is never the whole of it. What is read without one is named below, with the reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from conftest import ROOT

# Library -> its calls, and the sets of names of which one must be caught.
_JSON = ({"NOT_JSON"}, {"Exception"})
_TOML = ({"NOT_TOML"}, {"ValueError", "RecursionError"}, {"Exception"})
DECODERS: dict[str, tuple[set[str], ...]] = {
    "cv2.imread": ({"cv2.error"},),
    "cv2.imdecode": ({"cv2.error"},),
    "cv2.VideoCapture": ({"cv2.error"},),
    "np.load": ({"NOT_ZIP"},),
    "zipfile.ZipFile": ({"NOT_ZIP"},),
    "tomllib.load": _TOML,
    "tomllib.loads": _TOML,
    "msgspec.toml.decode": _TOML,
    "msgspec.json.decode": _JSON,
    "json.load": ({"ValueError", "RecursionError"}, {"Exception"}),
    "json.loads": ({"ValueError", "RecursionError"}, {"Exception"}),
    "onnx.load": ({"DecodeError"},),
    "onnx.load_model_from_string": ({"DecodeError"},),
    "onnx.load_from_string": ({"DecodeError"},),
    "onnxruntime.InferenceSession": ({"ORT_ERRORS"},),
    "ort.InferenceSession": ({"ORT_ERRORS"},),
    "sqlite3.connect": ({"sqlite3.Error"}, {"sqlite3.DatabaseError"}),
    "Image.open": ({"OSError"},),
    "pickle.load": (set(),),
    "pickle.loads": (set(),),
}
_OURS = "it comes with the product, or this program has just made it"
_STORED = "a message, checked when it was taken in; `verify` tells of a store that was damaged"
_TRAINING = "on the desk of those who train: its own files"
UNGUARDED = {
    # What calls these translates, once for several of them.
    "edge/camera/connect.py": "live.py asks whether it is open; VideoCapture itself raises nothing",
    "edge/camera/photos.py": "read_photo",
    "edge/desk/overlay_files.py": "what was just written is asked whether it opens",
    "edge/inference/network.py": "Network.load; ORT_ERRORS is defined here",
    "edge/results/salvage.py": "is_damaged, salvage; SQLite reads nothing before it is asked",
    "edge/software/wheel_set.py": "offers_in",
    "edge/update/offer.py": "offers_in",
    "edge/wire/database.py": "Outbox and SqliteStore; SQLite reads nothing before the first order",
    "tools/models/describe.py": "describe",
    "tools/pages/words.py": _OURS,
    "tools/uploads/moving.py": "frame_of",
    # What comes from another part of this program, or from a tool of the system.
    **dict.fromkeys((
        "edge/appliance/next_hop.py", "edge/commands/demo.py", "edge/live/line.py",
        "edge/posture/fitness.py", "edge/posture/placing.py", "edge/report/words.py",
        "edge/results/renewal.py", "edge/update/canary.py", "tools/bodies/anatomy.py",
        "tools/bodies/baked.py", "tools/bodies/garments.py", "tools/evaluate/looked_at.py",
        "tools/models/quantise.py", "tools/wheels.py",
    ), _OURS),
    **dict.fromkeys((
        "tools/collector/archive/files.py", "tools/collector/letters.py",
        "tools/collector/person.py", "tools/collector/report.py", "tools/collector/rollout.py",
        "tools/collector/stored_visit.py",
    ), _STORED),
    **dict.fromkeys((
        "tools/bodies/__main__.py", "tools/training/appearance.py", "tools/training/crops.py",
        "tools/training/curves.py", "tools/training/export.py", "tools/training/photographs.py",
        "tools/training/picture.py", "tools/training/renders.py", "tools/training/ship.py",
    ), _TRAINING),
}  # fmt: skip


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an expression that is nothing else; empty else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def caught(node: ast.Try) -> set[str]:
    """Names of all that its handlers catch."""
    types: list[ast.expr] = []
    for handler in node.handlers:
        if handler.type is not None:  # ruff forbids the other kind
            types += handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {dotted(each.value if isinstance(each, ast.Starred) else each) for each in types}


def suppressed(node: ast.With) -> set[str]:
    """The same of `with suppress(...)`."""
    calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
    each = [arg for call in calls if dotted(call.func).endswith("suppress") for arg in call.args]
    return {dotted(arg.value if isinstance(arg, ast.Starred) else arg) for arg in each}


def bare_calls(node: ast.AST, guards: set[str]) -> Iterator[tuple[int, str]]:
    """Line and name of each call of a decoder whose errors nothing around it catches."""
    if isinstance(node, ast.Call):
        name = dotted(node.func)
        if name in DECODERS and not any(need and need <= guards for need in DECODERS[name]):
            yield node.lineno, name
    if isinstance(node, ast.Try):
        for each in node.body:
            yield from bare_calls(each, guards | caught(node))
        others: list[ast.AST] = [*node.handlers, *node.orelse, *node.finalbody]
        for each in others:
            yield from bare_calls(each, guards)
        return
    if isinstance(node, ast.With):
        guards = guards | suppressed(node)
    inside = isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef)
    for child in ast.iter_child_nodes(node):
        yield from bare_calls(child, set() if inside else guards)


FILES = sorted(path for top in ("edge", "tools") for path in (ROOT / top).rglob("*.py"))


def test_every_decoder_is_translated_where_it_is_called() -> None:
    bare = {
        path.relative_to(ROOT).as_posix(): calls
        for path in FILES
        if (calls := list(bare_calls(ast.parse(path.read_text(encoding="utf-8")), set())))
    }
    new = {file: calls for file, calls in bare.items() if file not in UNGUARDED}
    assert new == {}, "catch what the library raises, or say here why it need not be"
    assert set(UNGUARDED) - set(bare) == set(), "no longer without"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("msgspec.json.decode(data)", 1),
        ("try:\n    msgspec.json.decode(data)\nexcept msgspec.DecodeError:\n    pass", 1),
        ("try:\n    msgspec.json.decode(data)\nexcept NOT_JSON:\n    pass", 0),
        ("try:\n    msgspec.json.decode(data)\nexcept (OSError, *NOT_JSON):\n    pass", 0),
        ("try:\n    pass\nexcept NOT_JSON:\n    msgspec.json.decode(data)", 1),
        ("try:\n    f = lambda: np.load(p)\nexcept NOT_ZIP:\n    pass", 1),
        ("with suppress(*NOT_JSON):\n    msgspec.json.decode(data)", 0),
        ("pickle.loads(data)", 1),
    ],
)
def test_a_call_without_its_translation_would_be_found(text: str, found: int) -> None:
    assert len(list(bare_calls(ast.parse(text), set()))) == found
