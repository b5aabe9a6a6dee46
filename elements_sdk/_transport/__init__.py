"""The blocking transport, over urllib3."""
