"""Poses and angles in the formats of others."""
