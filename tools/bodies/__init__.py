"""Rendered people whose anatomy is known exactly: asked for by measures, dressed, in rooms."""
