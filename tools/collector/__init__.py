"""MQTT to store to receipts."""
