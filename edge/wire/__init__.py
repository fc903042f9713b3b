"""What both ends of the wire share: messages, topics, clock, and the database they commit to."""
