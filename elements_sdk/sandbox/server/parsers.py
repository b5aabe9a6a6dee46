"""What comes in as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class ShallowJSONParser(JSONParser):
    """JSON, and a 400 rather than a 500 where it is nested too deeply."""

    def parse(self, *arguments: Any, **options: Any) -> Any:
        """Read the body."""
        try:
            return super().parse(*arguments, **options)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply") from None
