"""Tests with programs of other people; they need `test/guests/requirements.txt`."""
