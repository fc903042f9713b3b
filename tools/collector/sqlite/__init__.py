"""The store as one file: a desk or a small site, one process that takes in."""
