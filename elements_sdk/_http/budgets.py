"""The most that a server's bytes may cost: each limit with the reason for its number.

What is not here is a setting (`max_response_bytes`, the timeouts), or a limit of `http.client`, which aiohttp is given.
"""

from __future__ import annotations

BLOCK = 65_536  # bytes read, inflated or written at a time; the clock is looked at in between
INFLATED_AT_A_TIME = 4_096  # compressed bytes; zlib copies the rest of them where a gzip member ends
GZIP_MEMBERS = 10_000  # of one body; each costs time, even if it is empty. bgzip makes one of each 64 KiB
HEADERS, HEADER_LINE = 100, 65_536  # lines, and bytes of each; those of http.client

ERROR_JSON = 1_048_576  # bytes that are read as JSON: as values they take up to 25 times as much memory
ERROR_TEXT = 65_536  # bytes that an exception keeps of a body, and characters of all its sentences
ERROR_ENTRIES = 200  # sentences; nobody reads more
ERROR_PATH = 200  # characters of a field's path; each level of nesting would repeat those of the levels above

COOKIE = 4_096  # bytes of a name and its value; RFC 6265 6.1 asks for no more
COOKIES = 50  # of a host; RFC 6265 6.1

JSON_DEPTH = 200  # levels; functions that walk through values, such as `repr`, reach Python's own limit at about 300
ONE_MODEL = 8 * 1_048_576  # bytes of a body that is one model; `json.loads` reads it in one step of about 0.2 s
BYTES_OF_AN_ENTRY = 64  # of `max_response_bytes` for each list and object: a model takes some 200 bytes of memory
BYTES_OF_A_VALUE = 16  # the same for values of any kind
ENTRIES_AT_A_TIME = 1_000  # made between two looks at the clock; about 5 ms
