"""Provisioning: the files by which Digium and Sangoma phones find the bridge, as XML documents."""
