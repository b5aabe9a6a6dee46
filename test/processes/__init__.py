"""What the tests of threads and processes share: programs for other processes, and how to run and watch them."""

from __future__ import annotations
