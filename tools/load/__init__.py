"""A load generator: what a site of so many stations asks of brokers, workers and the database."""
