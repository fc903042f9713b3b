"""Telling other programs that a result came: identifiers only, signed, said again until heard.

ingest ──> queue.py, in the result's transaction ──> delivering.py ──> sending.py ══> https
"""
