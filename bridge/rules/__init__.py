"""Sensors and people: what they report becomes presence and device states, by rules (pure; time is an argument)."""
