"""The shells: the only clock, sockets and threads. They feed events and carry out effects, and decide nothing."""
