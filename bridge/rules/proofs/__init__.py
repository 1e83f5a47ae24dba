"""Proofs: what can be told of rules before they are at work: those that never decide, those that feed themselves."""
