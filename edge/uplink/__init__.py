"""Results to the collector over MQTT, receipts back."""
