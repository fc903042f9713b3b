"""The outbox: what was accepted, until the collector has confirmed it."""
