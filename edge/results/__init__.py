"""The wire format and the outbox."""
