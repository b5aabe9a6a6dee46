"""YAML that readers of version 1.1 and of version 1.2 take for the same."""

from __future__ import annotations

import re
from typing import Any

import yaml

# What only one of the versions takes for a number, a truth value, or an end of a line.
_READ_IN_TWO_WAYS = re.compile("^[-+.0-9]|^[ynYN]$|[\n\x85\u2028\u2029]")


class _Dumper(yaml.SafeDumper):
    """A dumper that puts text in quotes where versions differ in what it is."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, '"' if _READ_IN_TWO_WAYS.search(data) else None)


_Dumper.add_representer(str, _Dumper.represent_str)


def as_yaml(plain: Any, only_ascii: bool = False) -> str:
    """Write plain values as YAML; a text stays on one line."""
    return str(
        yaml.dump(plain, Dumper=_Dumper, allow_unicode=not only_ascii, sort_keys=False, width=float("inf"))
    ).removesuffix("...\n")
