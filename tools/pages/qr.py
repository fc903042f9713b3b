"""A text as a square code that a camera reads."""

from __future__ import annotations

import segno


def source(text: str, scale: int = 5) -> str:
    """For an image: dark on white in every colour scheme, for readers want it so.

    scale : pixels of a module. Four modules around it stay empty, as ISO/IEC 18004 wants.
    """
    made = segno.make(text, error="m", micro=False)
    return str(made.svg_data_uri(scale=scale, border=4, dark="#000", light="#fff"))
