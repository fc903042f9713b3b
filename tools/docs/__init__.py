"""The documentation as pages: guides, a reference read from the code, the code's own words.

    sources ──┐
    settings ─┤
    commands ─┼──> site ──> mkdocs ──> build/site
    metrics ──┤
    api ──────┘

What is generated is not kept: `make docs` makes it anew, so that it says what the code says.
"""
