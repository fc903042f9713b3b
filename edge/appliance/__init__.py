"""This machine as a station: its identity at first boot, and its recovery from faults that stay."""
