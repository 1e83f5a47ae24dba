"""What people and programs are shown of the bridge: the documents of the status page and of the JSON API."""
