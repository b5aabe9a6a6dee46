"""Measurements: `python -m bench` sets the SDK beside its peers, `python -m bench.soak` keeps it under load."""
