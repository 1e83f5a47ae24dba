"""From an MQTT message to a fact, and from what hints show to MQTT."""
