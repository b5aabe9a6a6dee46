"""What the extras need, and what to say where it is missing."""

from __future__ import annotations

from importlib.util import find_spec

_NEEDED = {
    "sandbox": ("django", "rest_framework", "cheroot", "pyotp", "trustme"),
    "aio": ("aiohttp",),
    "cli": ("click", "rich", "tomli_w", "yaml"),
    "keyring": ("keyring",),
    "report": ("jinja2", "matplotlib"),
}


def missing_extra(extra: str) -> str | None:
    """Return what this extra lacks and how to install it; `None` if it lacks nothing."""
    missing = [name for name in _NEEDED[extra] if find_spec(name) is None]
    if not missing:
        return None
    return f'{", ".join(missing)} missing; install the extra: pip install ".[{extra}]" from a clone'
