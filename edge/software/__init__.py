"""The station's own programs in: signed wheel sets, environments side by side, trial, roll back.

Two processes share the work. The one with the network (`fetch`) has no rights and is not believed:
it lays files into a folder. The one with the rights (`guard`) has no network: it verifies all of
them again, builds an environment beside the one that serves, and switches by renaming a link.
"""
