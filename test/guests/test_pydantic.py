"""Models of pydantic, as `returns` of calls that have no method."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, Field

from elements_sdk import ApiClient, ResponseFormatError
from test.both_clients import both_kinds
from test.recording import RecordingServer

pytestmark = both_kinds


class Workspace(BaseModel):
    id: int
    title: str = Field(alias="name")


def test_answer_becomes_a_model_of_pydantic(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorder.answers('[{"id": "7", "name": "dailies", "newer": 1}]')
    (workspace,) = recorded_client.send("GET", "/api/2/workspaces", returns=list[Workspace])
    assert (workspace.id, workspace.title) == (7, "dailies")
    assert next(recorded_client.iterate("/api/2/workspaces", returns=Workspace)) == workspace


def test_what_pydantic_refuses_is_told_without_the_secrets_of_the_answer(
    recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    recorder.answers('{"id": 7, "token": "S3CRET"}')
    with pytest.raises(ResponseFormatError, match=r"a Workspace cannot be made.*Field required") as caught:
        recorded_client.send("GET", "/api/2/workspaces/7", returns=Workspace)
    assert "S3CRET" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
