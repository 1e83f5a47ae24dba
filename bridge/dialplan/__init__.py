"""Asterisk's dialplan, as far as hints go: extensions.conf becomes `[[hints]]` (pure; files are read elsewhere).

How Asterisk reads its files is from memory of main/config.c and pbx/pbx_config.c, not from a recording, except
where a docstring says that it was measured.
"""
