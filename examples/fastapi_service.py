"""A FastAPI service in front of the share links: it lists those that expire soon, and revokes them.

Set `ELEMENTS_HOST` and `ELEMENTS_API_TOKEN_FILE`, `pip install fastapi uvicorn`, and in this folder run
`uvicorn fastapi_service:app`. One client serves all requests. Who may call this service is for you to add.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse

from elements_sdk import ApiException, Configuration, aio


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep one client open from the start of the service to its end."""
    async with aio.ApiClient(Configuration.from_env()) as client:
        app.state.auth = aio.AuthApi(client)
        yield


def calls(request: Request) -> aio.AuthApi:
    """Return the calls, made over that client."""
    auth: aio.AuthApi = request.app.state.auth
    return auth


app = FastAPI(lifespan=lifespan)
Auth = Annotated[aio.AuthApi, Depends(calls)]


@app.get("/links/expiring")
async def expiring(auth: Auth, days: Annotated[int, Query(ge=1, le=366)] = 7) -> dict[int, datetime]:
    """Return the numbers of the links that expire within some days, and when; not the links, which are secret."""
    now = datetime.now(UTC)
    end, links = now + timedelta(days), auth.iter_access_tokens()
    return {link.id: link.expires async for link in links if link.expires and now < link.expires < end}


@app.delete("/links/{number}", status_code=204)
async def revoke(auth: Auth, number: int) -> None:
    """Delete a link."""
    await auth.delete_access_token(number)


@app.exception_handler(ApiException)
async def failed(_request: Request, error: ApiException) -> JSONResponse:
    """Pass on what concerns the caller; report everything else as 502."""
    status = error.status if error.status in (404, 429) else 502
    return JSONResponse({"detail": error.detail if status != 502 else "The media server could not be asked."}, status)
