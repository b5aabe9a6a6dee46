"""Servers, proxies and certificates that fail on purpose; `python -m test.faults --help` runs them by hand."""

from __future__ import annotations
