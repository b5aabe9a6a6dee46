"""JSON <-> plain values <-> models."""
