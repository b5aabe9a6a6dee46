"""HTTP as values: requests, responses, timeouts, cookies, bodies. There is no I/O in it."""
