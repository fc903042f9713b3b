"""The MQTT client that station and collector share."""
