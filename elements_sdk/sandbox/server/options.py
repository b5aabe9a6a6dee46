"""The options of the server, as the parent process sends them."""

from __future__ import annotations

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

    def __post_init__(self) -> None:
        for name, allowed in (("api_version", ("3.3", "26.5")), ("paging", ("plain", "envelope"))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}")
        if self.tokens < 0 or (self.max_limit is not None and self.max_limit < 1):
            raise ValueError("tokens must be 0 or more, max_limit 1 or more")

    @property
    def is_newer(self) -> bool:
        """Whether responses have the format of 26.5."""
        return self.api_version == "26.5"
