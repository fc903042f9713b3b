"""Photographs and videos at a desk: what is looked at, and what is written of it."""
