"""Feature codes: a phone dials a number to say how its user is, and the call itself is refused."""
