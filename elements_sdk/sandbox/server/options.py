"""The options of the server, as the parent process sends them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """The arguments of `Sandbox`, checked."""

    port: int
    https: bool
    api_version: str
    paging: str
    max_limit: int | None
    tokens: int
    data: str | None
    hosts: list[str]

    def __post_init__(self) -> None:
        for name, allowed in (("api_version", ("3.3", "26.8", "26.5")), ("paging", ("plain", "envelope"))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}")
        if self.tokens < 0 or (self.max_limit is not None and self.max_limit < 1):
            raise ValueError("tokens must be 0 or more, max_limit 1 or more")
        for name in self.hosts:
            if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", name):
                raise ValueError(f"hosts must be names without scheme and port, as elements.test, not {name!r}")

    @property
    def is_newer(self) -> bool:
        """Whether responses have the format of 26.8, which is that of 26.5 as well."""
        return self.api_version != "3.3"
