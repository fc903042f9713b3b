"""Retention, off unless asked for: months whose bodies left the tables for Parquet files.

    tables ──> archiving.py ──> files.py, in the folder of folder.py ──> reopening.py ──> tables

`cleaning.py` carries through what was begun and what was erased. Keys, hashes, visits and measures
stay in the tables, and a result keeps its row: its body and seal are empty there.
"""
