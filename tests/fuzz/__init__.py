"""Damaged files of every kind that comes from outside: no traceback, no hang, no crash."""
