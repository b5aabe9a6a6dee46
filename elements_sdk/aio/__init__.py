"""The client for asyncio: the same calls, configuration, models and exceptions, to be awaited (extra `aio`).

```python
async with aio.ApiClient(configuration) as client:
    ticket = await aio.AuthApi(client).create_auth_ticket()
```
"""

from __future__ import annotations

from elements_sdk._utils.extras import missing_extra

_missing = missing_extra("aio")
if _missing:
    raise ImportError(f"elements_sdk.aio: {_missing}")

from elements_sdk.aio.api_client import ApiClient  # noqa: E402  # needs what was just found to be there
from elements_sdk.aio.auth_api import AuthApi  # noqa: E402
from elements_sdk.aio.bulk import map_calls  # noqa: E402
from elements_sdk.aio.session import Session  # noqa: E402

__all__ = ["ApiClient", "AuthApi", "Session", "map_calls"]
