"""Mutants drawn by chance: does a test see a small change of what results depend on?"""
