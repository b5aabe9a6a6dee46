"""Tests of the repository: generated files, public API, docs, packaging; they need `.ci/requirements.txt`."""
