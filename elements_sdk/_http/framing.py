"""How a body is framed (RFC 9112 section 6): where two readers might not agree on its end, it is not read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from elements_sdk._http.body import Malformed

_LENGTH = re.compile("[0-9]{1,18}")


def check_framing(lengths: Sequence[str], codings: Sequence[str]) -> None:
    """Check what the headers say of the length of a body.

    :param lengths: the values of `Content-Length`.
    :param codings: those of `Transfer-Encoding`.
    :raises Malformed: it is not one length, nor chunks, nor up to the end of the connection.
    """
    if codings and lengths:
        raise Malformed("it has both Content-Length and Transfer-Encoding")
    if codings and [coding.strip().lower() for coding in codings] != ["chunked"]:
        raise Malformed("its Transfer-Encoding is not chunked")
    if lengths and not (len(lengths) == 1 and _LENGTH.fullmatch(lengths[0].strip())):
        raise Malformed("its Content-Length is not one number")
