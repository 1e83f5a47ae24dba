"""What all readers of MQTT share: topic filters, and payloads as documents. Knows nothing of presence."""
