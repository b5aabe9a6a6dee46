"""The client for asyncio: the same calls, configuration, models and exceptions, to be awaited (extra `aio`).

```python
async with aio.ApiClient(configuration) as client:
    ticket = await aio.AuthApi(client).create_auth_ticket()
```
"""

from __future__ import annotations

import os

from elements_sdk._transport.tls import key_log_error
from elements_sdk._utils.errors import Translated
from elements_sdk._utils.extras import missing_extra

_missing = missing_extra("aio")
if _missing:
    raise ImportError(f"elements_sdk.aio: {_missing}")

if os.environ.get("SSLKEYLOGFILE"):
    with Translated(OSError, key_log_error):
        import aiohttp  # noqa: F401  # it makes a context that opens this file, whatever trust_env says

from elements_sdk.aio import _apis  # noqa: E402  # needs what was just found to be there
from elements_sdk.aio._apis import *  # noqa: E402
from elements_sdk.aio.api_client import ApiClient  # noqa: E402
from elements_sdk.aio.bulk import map_calls  # noqa: E402
from elements_sdk.aio.session import Session  # noqa: E402

__all__ = ["ApiClient", "Session", "map_calls"]
__all__ += _apis.__all__
