"""The service as systemd sees it: what it hands over, what it keeps for the next run, what it is told (sd_notify(3)).

All of it is nothing where the bridge was not started by systemd.
"""
