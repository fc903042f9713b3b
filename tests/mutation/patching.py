"""A change within functions, made in a process that has read the product already."""

from __future__ import annotations

import gc
from collections import Counter
from types import CodeType, FunctionType

_OF_FUNCTIONS = 0x1  # CO_OPTIMIZED: modules and classes have it not


def is_within_functions(before: bytes, after: bytes) -> bool:
    """Whether all that two versions of a file do differently is done when a function is called.

    Compiled functions (numba) are not called as they stand there.
    """
    return b"numba" not in before and _read_once(before) == _read_once(after)


def apply(path: str, before: bytes, after: bytes) -> None:
    """Give each function that was read from the file the code that it has in the other version.

    Raises
    ------
    ValueError : a function would take other variables of the functions around it.
    """
    new = dict(zip(_functions(before, path), _functions(after, path), strict=True))
    for found in gc.get_objects():
        # Not isinstance: an object that stands for another (torch has one) warns when it is asked.
        if type(found) is FunctionType and found.__code__ in new:
            found.__code__ = new[found.__code__]


def _functions(source: bytes, path: str) -> list[CodeType]:
    """The code of every function, in the order of the text."""
    return [code for code in _inside(compile(source, path, "exec")) if _is_called(code)]


def _is_called(code: CodeType) -> bool:
    return bool(code.co_flags & _OF_FUNCTIONS)


def _inside(code: CodeType) -> list[CodeType]:
    found = []
    for each in code.co_consts:
        if isinstance(each, CodeType):
            found += [each, *_inside(each)]
    return found


def _read_once(source: bytes) -> list[object]:
    """What runs while the file is read: the module, bodies of classes, and names of functions."""
    whole = compile(source, "", "exec")
    seen = Counter[str]()
    found: list[object] = []
    for code in [whole, *_inside(whole)]:
        seen[code.co_name] += 1
        name = (code.co_name, seen[code.co_name])
        if _is_called(code):
            found.append(name)
            continue
        consts = [
            each.co_name if isinstance(each, CodeType) else (type(each), each)
            for each in code.co_consts
        ]
        found.append((name, code.co_code, code.co_names, consts))
    return found
