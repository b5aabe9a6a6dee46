"""Measurements: `python -m bench` compares the SDK with its peers, `python -m bench.soak` keeps it under load."""
