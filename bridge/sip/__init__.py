"""A sans-IO SIP stack (RFC 3261, 3265/6665, 3581, 4320): bytes and time in, bytes out; knows nothing of presence."""
