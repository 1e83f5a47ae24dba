"""What phones tell us of themselves: REGISTER (RFC 3261 section 10) and PUBLISH (RFC 3903)."""
