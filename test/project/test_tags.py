"""Another tag of the document makes another API class, and rules of the document are checked, in both clients."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from test.command_line import environment
from test.project.checkers import ROOT, marked, mypy, pyright
from test.recording import CannedResponse, Recorded, RecordingServer

NAME = {"type": "string", "pattern": "^[a-z|]+$", "minLength": 2, "description": "Its name."}
ROOT_MODEL = {
    "type": "object",
    "description": "A folder with media.",
    "required": ["name"],
    "properties": {
        "name": NAME,
        "size": {"type": ["integer", "null"], "minimum": 0, "maximum": 9, "description": "Its size."},
        "quota": {"type": "number", "minimum": 0.5, "description": "Its quota."},
        "opened": {"type": "string", "format": "date", "description": "Its first day."},
        "days": {"type": "array", "items": {"type": "string", "format": "date"}, "description": "Days with changes."},
        "moments": {"type": "array", "items": {"type": "string", "format": "date-time"}, "description": "Changes."},
        "closed": {"type": "string", "format": "date", "x-checked-by": "server", "description": "Its last day."},
        "checked": {"type": "string", "format": "date", "readOnly": True, "x-since": "26.8", "description": "A day."},
    },
}
COMMON = {"tags": ["media_roots"], "x-permissions": "an authenticated user", "x-retryable": False}
REFERENCE = {"$ref": "#/components/schemas/MediaRoot"}
SIZE = {"type": "integer", "minimum": 0, "maximum": 9}


def parameter(name: str, location: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": location, "description": description, "schema": schema}


def answering(schema: object) -> dict[str, Any]:
    return {"200": {"description": "As it is now.", "content": {"application/json": {"schema": schema}}}}


CALLS = {
    "get": {
        **COMMON,
        "operationId": "list_media_roots",
        "summary": "List media roots.",
        "description": "All of them.",
        "x-pagination": {"iterator": "iter_media_roots", "limit": "limit", "offset": "offset", "ordering": "ordering"},
        "parameters": [
            {**parameter("opened", "query", "Opened since.", type="string", format="date"), "example": "2026-01-31"},
            parameter("size", "query", "Of this size.", **SIZE),
            parameter("X-Code", "header", "A code.", type="string", pattern="^[A-Z]+$"),
            *(parameter(name, "query", "A page.", type="integer") for name in ("limit", "offset")),
            parameter("ordering", "query", "The order.", type="string"),
        ],
        "responses": answering({"type": "array", "items": REFERENCE}),
    },
    "post": {
        **COMMON,
        "operationId": "make_media_root",
        "security": [{"Session": [], "Csrf": []}],
        "summary": "Make a media root.",
        "description": "It is empty.",
        "requestBody": {
            "description": "The media root.",
            "content": {"application/json": {"schema": REFERENCE, "example": {"name": "ab", "opened": "2026-01-31"}}},
        },
        "responses": answering(REFERENCE),
    },
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the repository whose document has a second tag."""
    skipped = shutil.ignore_patterns(".git", ".*_cache", "__pycache__", ".tox", ".venv", "build", "*.egg-info")
    copied = Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("tags") / "tree", ignore=skipped))
    document = yaml.safe_load((copied / "codegen/openapi.yaml").read_text("utf-8"))
    document["tags"].insert(0, {"name": "media_roots"})
    document["paths"]["/api/2/media-roots"] = CALLS
    document["components"]["schemas"]["MediaRoot"] = ROOT_MODEL
    (copied / "codegen/openapi.yaml").write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    for arguments in ([], ["--check"]):
        subprocess.run([sys.executable, "codegen/generate.py", *arguments], cwd=copied, check=True)
    return copied


PROGRAM = """\
import asyncio
import sys
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, assert_type, get_type_hints
from unittest.mock import create_autospec

import elements_sdk
from elements_sdk import ApiClient, ApiValueError, Configuration, MediaRoot, MediaRootsApi, Session, aio
from elements_sdk.api import MediaRootsApi as Same

GIVEN: list[dict[str, Any]] = [
    {"opened": date(2026, 1, 31), "size": 9, "x_code": "AB"},
    {"opened": "2026-01-31"},
    {"opened": "31.1.2026"},
    {"opened": datetime(2026, 1, 31)},
    {"size": -1},
    {"size": "10"},
    {"size": "many"},
    {"x_code": "ab"},
    {"x_code": "AB\\n"},
]


def show(error: Exception) -> None:
    print(type(error).__name__, error)


def refused(make: Callable[[], object]) -> None:
    try:
        print("taken", make())
    except ApiValueError as error:
        show(error)


def models() -> None:
    root = MediaRoot(name="ab", size=0, quota=0.5, opened=date(2026, 1, 31), closed="at some time")
    assert_type(root.opened, date | None)
    assert_type(root.size, int | None)
    assert_type(root.checked, date | None)
    refused(lambda: MediaRoot(name="AB"))
    refused(lambda: MediaRoot(name="ab\\n"))
    for name, value in [("size", -1), ("size", "10"), ("quota", 0.4), ("quota", float("nan")), ("quota", "much")]:
        refused(lambda: setattr(root, name, value))
    for day in (datetime(2026, 1, 31), "2026-1-31", "20260131", 7):
        refused(lambda: setattr(root, "opened", day))
    root.opened = None
    setattr(root, "opened", "2026-02-28")
    print(root.to_json())
    assert get_type_hints(MediaRoot)["opened"] == date | None


def call(configuration: Configuration) -> None:
    assert MediaRootsApi is Same
    with ApiClient(configuration) as client:
        api = MediaRootsApi(client)
        for given in GIVEN:
            refused(lambda: len(api.list_media_roots(**given)))
        refused(lambda: api.iter_media_roots(size=10))
        refused(lambda: api.make_media_root({"name": "ab", "size": 10}))
        (read,) = api.list_media_roots(opened=date(2026, 1, 31))
        assert_type(read, MediaRoot)
        print(read.name, read.size, read.opened, read.days, f"{read.moments}"[:30], read.checked)
        assert api.iter_media_roots(opened=date(2026, 1, 31)).__next__() == read
        print(client.send("GET", "/api/2/media-roots", returns="list[MediaRoot]") == [read])
    lenient = Configuration(host=configuration.host, client_side_validation=False)
    with ApiClient(lenient) as client:
        unchecked = MediaRootsApi(client)
        print(len(unchecked.list_media_roots(size=10)), next(unchecked.iter_media_roots(size=10)) == read)
    with Session(configuration) as session:
        assert_type(session.media_roots, MediaRootsApi)
        made = session.media_roots.make_media_root({"name": "ab", "opened": date(2026, 1, 31)})
        print(repr(session.media_roots), made.name)
        assert_type(made, MediaRoot)
    create_autospec(Session, instance=True).media_roots.list_media_roots()


async def call_again(configuration: Configuration) -> None:
    async with aio.ApiClient(configuration) as client:
        api = aio.MediaRootsApi(client)
        for given in GIVEN:
            try:
                print("taken", len(await api.list_media_roots(**given)))
            except ApiValueError as error:
                show(error)
        refused(lambda: api.iter_media_roots(size=10))
        try:
            await api.make_media_root(MediaRoot.from_dict({"name": "ab", "size": 10}))
        except ApiValueError as error:
            show(error)
        (read,) = await api.list_media_roots(opened=date(2026, 1, 31))
        assert_type(read, MediaRoot)
        print(read.name, read.size, read.opened, read.days, f"{read.moments}"[:30], read.checked)
        async for root in api.iter_media_roots(opened=date(2026, 1, 31)):
            assert root == read
        print(await client.send("GET", "/api/2/media-roots", returns="list[MediaRoot]") == [read])
    lenient = Configuration(host=configuration.host, client_side_validation=False)
    async with aio.ApiClient(lenient) as client:
        unchecked = aio.MediaRootsApi(client)
        print(len(await unchecked.list_media_roots(size=10)), await anext(unchecked.iter_media_roots(size=10)) == read)
    async with aio.Session(configuration) as session:
        assert_type(session.media_roots, aio.MediaRootsApi)
        made = await session.media_roots.make_media_root({"name": "ab", "opened": date(2026, 1, 31)})
        print(repr(session.media_roots), made.name)
    await create_autospec(aio.Session, instance=True).media_roots.list_media_roots()


if __name__ == "__main__":
    assert {"AuthApi", "MediaRootsApi"} <= {*elements_sdk.__all__} & {*dir(elements_sdk)} & {*aio.__all__}
    settings = Configuration(host=sys.argv[1], api_key={"Bearer": "KEY"}, username="ann", password="pass")
    if sys.argv[2] == "models":
        models()
    elif sys.argv[2] == "blocking":
        call(settings)
    else:
        asyncio.run(call_again(settings))
"""
READ = {
    "name": "AB",
    "size": 99,
    "opened": "2026-01-31",
    "days": ["2026-01-31", "soon"],
    "moments": ["2026-01-31T10:00:00Z"],
    "checked": "2026-02-01",
}


def answer(request: Recorded) -> CannedResponse:
    """Answer as a server does whose values break the rules."""
    kind = ("Content-Type", "application/json")
    if request.path.endswith("/login"):
        cookies = [("Set-Cookie", f"{name}=v; Path=/") for name in ("sessionid", "csrftoken")]
        return CannedResponse(200, b'{"user": {"username": "ann"}}', [kind, *cookies])
    listed = [] if "offset=1" in request.query else [READ]
    return CannedResponse(200, json.dumps(listed if request.method == "GET" else READ).encode(), [kind])


def run(tree: Path, *arguments: str) -> str:
    variables = environment(PYTHONPATH=str(tree), ELEMENTS_API_TOKEN="T")
    result = subprocess.run(
        [sys.executable, *arguments], cwd=tree, capture_output=True, text=True, env=variables, timeout=120
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


MISTAKES = """\
from datetime import date

from elements_sdk import MediaRoot, MediaRootsApi, Session, aio


def call(api: MediaRootsApi, session: Session) -> None:
    api.list_media_roots(opened=3)  # error
    api.make_media_root({"name": "ab", "opened": 3})  # error
    session.media_root.list_media_roots()  # error
    MediaRoot(name="ab", opened="2026-01-31")  # error
    api.list_media_roots(opened=date(2026, 1, 31), size="many")  # error


async def call_again(api: aio.MediaRootsApi) -> None:
    (await api.list_media_roots(x_code=3))[0].nam  # error
"""
DAY = "must be a date without time, as in 2026-01-31"
SAID = f"""\
taken 1
taken 1
ApiValueError the query parameter 'opened' {DAY}
ApiValueError the query parameter 'opened' {DAY}
ApiValueError the query parameter 'size' must be at least 0
ApiValueError the query parameter 'size' must be at most 9
ApiValueError the query parameter 'size' must be at least 0
ApiValueError the header parameter 'x_code' must match the pattern ^[A-Z]+\\Z
ApiValueError the header parameter 'x_code' must match the pattern ^[A-Z]+\\Z
ApiValueError the query parameter 'size' must be at most 9
ApiValueError MediaRoot.size must be at most 9
AB 99 2026-01-31 [datetime.date(2026, 1, 31), 'soon'] [datetime.datetime(2026, 1, 31 2026-02-01
True
1 True
MediaRootsApi(Session('HOST', 'ann')) AB
"""


@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_another_tag_is_another_class_whose_rules_are_checked(tree: Path, recorder: RecordingServer, kind: str) -> None:
    recorder.answer = answer
    assert run(tree, "-c", PROGRAM, recorder.host, kind) == SAID.replace("HOST", recorder.host)
    first, made = recorder.requests[0], recorder.requests[-2]
    assert (first.path, first.query) == ("/api/2/media-roots", "opened=2026-01-31&size=9")
    assert first.header("X-Code") == "AB"
    assert (made.method, json.loads(made.body)) == ("POST", {"name": "ab", "opened": "2026-01-31"})


def test_models_check_the_rules_of_the_document(tree: Path, recorder: RecordingServer) -> None:
    *refused, written = run(tree, "-c", PROGRAM, recorder.host, "models").splitlines()
    assert refused == [
        *["ApiValueError MediaRoot.name must match the pattern ^[a-z|]+\\Z"] * 2,
        "ApiValueError MediaRoot.size must be at least 0",
        "ApiValueError MediaRoot.size must be at most 9",
        *["ApiValueError MediaRoot.quota must be at least 0.5"] * 2,
        "ApiValueError MediaRoot.quota must be float, not str",
        *[f"ApiValueError MediaRoot.opened {DAY}"] * 4,
    ]
    assert {"size": 0, "opened": "2026-02-28", "closed": "at some time"}.items() <= json.loads(written).items()
    assert recorder.requests == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_another_class_is_typed(checker: Callable[[Path, Path], set[int]], tree: Path, tmp_path: Path) -> None:
    program, mistakes = tmp_path / "program.py", tmp_path / "mistakes.py"
    program.write_text(PROGRAM, "utf-8")
    mistakes.write_text(MISTAKES, "utf-8")
    assert checker(program, tree) == set()
    assert checker(mistakes, tree) == marked(mistakes)


def test_another_class_has_its_pages_and_commands(tree: Path, recorder: RecordingServer) -> None:
    page = (tree / "docs/MediaRootsApi.md").read_text("utf-8")
    assert "# elements_sdk.MediaRootsApi" in page
    assert 'media_roots.list_media_roots(opened="2026-01-31")' in page
    assert "**size** | **int** | Of this size. | optional, at least 0, at most 9" in page
    assert "at least 2 character(s), matches `^[a-z\\|]+\\Z`" in (tree / "docs/MediaRoot.md").read_text("utf-8")
    assert "(docs/MediaRootsApi.md#list_media_roots)" in (tree / "README.md").read_text("utf-8")
    run(tree, "-m", "mkdocs", "build", "--strict", "-q", "-f", "docs/site/mkdocs.yml")
    navigation = (tree / "build/site/index.html").read_text("utf-8").partition("<article")[0]
    assert 'href="docs/MediaRootsApi.html"' in navigation
    recorder.answer = answer
    assert "media-roots  Make one of the calls of the media roots API." in run(tree, "-m", "elements_sdk", "--help")
    command = ["-m", "elements_sdk", "media-roots", "list-media-roots"]
    assert "elements-sdk media-roots list-media-roots --opened 2026-01-31" in run(tree, *command, "--help")
    assert "AB" in run(tree, *command, "--opened", "2026-01-31", "--host", recorder.host)
    assert "opened=2026-01-31" in recorder.last.query
