"""Tests without a server and without another process."""
