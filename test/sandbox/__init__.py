"""Tests against the sandbox: a real Django in a process of its own."""
