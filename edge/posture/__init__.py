"""Poses to measures."""
