"""Beside Asterisk: its manager interface (AMI), and what is kept equal on both sides. Pure: no socket, no clock."""
