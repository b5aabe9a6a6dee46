"""What `codegen/openapi.yaml` says there is: whatever is counted in tests is counted there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

DOCUMENT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "codegen/openapi.yaml").read_text("utf-8"))
OPERATIONS: list[dict[str, Any]] = [
    operation for item in DOCUMENT["paths"].values() for operation in item.values() if isinstance(operation, dict)
]
MODELS: dict[str, Any] = DOCUMENT["components"]["schemas"]
