"""Delivery: the outbox to the collector, receipts and commands back."""
