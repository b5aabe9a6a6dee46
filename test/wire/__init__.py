"""Tests on connections to servers that do as a script says: answers, faults, TLS, proxies, processes."""
