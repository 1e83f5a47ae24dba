"""A watching phone without a screen: subscribes to one extension and reads what it is told (pure)."""
