"""Measures for other programs: `parquet` for research, `fhir` for health records.

Both are written while they are read, and hold a few results at a time, however large the store is.
"""
