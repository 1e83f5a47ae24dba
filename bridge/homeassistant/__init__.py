"""Home Assistant: MQTT discovery, and the topics that are made for it alone.

What Home Assistant expects is described at https://www.home-assistant.io/integrations/mqtt/; where its
versions differ, 2024.3.3 is the oldest that is kept to.
"""
