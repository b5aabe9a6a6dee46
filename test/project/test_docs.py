"""Every example of the documentation runs, and so does every example of the 3.3 documentation."""

from __future__ import annotations

import ast
import asyncio
import logging
import os
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from elements_sdk import ApiClient, ApiException, AuthApi
from elements_sdk.sandbox import Sandbox
from test.faults.document import DOCUMENT, written
from test.faults.table import ROWS
from test.project.document import OPERATIONS

ROOT = Path(__file__).parents[2]
PROGRAMS = ("scaling.md", "observability.md", "logging.md")  # they start processes, or change what a process has
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
OUTPUT = re.compile(r"\s*^```\n(.*?)^```", re.DOTALL | re.MULTILINE)  # what a block prints stands directly below it
LINK = re.compile(r"\]\(([^)\s]+)\)")

# What a model of the 3.3 examples needs, which those leave out.
REQUIRED = {
    "Ticket()": "Ticket(ticket='TICKET')",
    "AuthLoginEndpointRequest()": "AuthLoginEndpointRequest(username='USERNAME', password='PASSWORD')",
    "PasswordResetEndpointRequest()": "PasswordResetEndpointRequest(token='RESET_TOKEN', password='NEW_PASSWORD')",
    "ImpersonationEndpointRequest()": "ImpersonationEndpointRequest(user=56)",
    "SendLinkEmailRequest()": "SendLinkEmailRequest(email='a@example.com')",
}


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """Restore what examples change in the process."""
    environment, root, ours = dict(os.environ), logging.getLogger(), logging.getLogger("elements_sdk")
    handlers = list(root.handlers)
    yield
    os.environ.clear()
    os.environ.update(environment)
    root.handlers[:] = handlers
    ours.setLevel(logging.NOTSET)


@pytest.fixture
def keyring_with_token(fresh_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep a token in a keyring of the test's own, as docs/tokens.md says."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.core.load_keyring("keyrings.alt.file.PlaintextKeyring"))
    keyring.set_password("elements", "api-token", fresh_sandbox.user.api_token)
    yield
    keyring.set_keyring(before)


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    for found in BLOCK.finditer(page.read_text("utf-8")):
        line = page.read_text("utf-8")[: found.start()].count("\n") + 1
        yield f"{page.name}:{line}", found[1]


def outputs(page: Path) -> Iterator[tuple[str, str]]:
    text = page.read_text("utf-8")
    for (name, _), found in zip(blocks(page), BLOCK.finditer(text), strict=True):
        if output := OUTPUT.match(text, found.end()):
            yield name, output[1]


OURS = [block for page in PAGES for block in blocks(page)]
PRINTED = dict(output for page in PAGES for output in outputs(page))
THEIRS = list(blocks(ROOT / "test/data/AuthApi-3.3.md"))


def placeholders(sandbox: Sandbox) -> dict[str, str]:
    """Return what this sandbox has in place of each placeholder."""
    with ApiClient(sandbox.configuration()) as client:
        auth = AuthApi(client)
        ticket, token = auth.create_auth_ticket().ticket, auth.get_all_access_tokens(limit=1)[0].id
    return {
        "http://localhost": sandbox.host,
        "YOUR_API_KEY": sandbox.user.api_token,
        "RESET_TOKEN": sandbox.password_reset_token("disabled_user"),
        "NEW_PASSWORD": "Lantern-4471-x",
        "USERNAME": sandbox.admin.username,
        "PASSWORD": sandbox.admin.password,
        "TICKET": ticket,
        "user=56": f"user={sandbox.user.id}",
        "56": str(token),
    }


def prepared(text: str, values: dict[str, str]) -> str:
    """Return an example, or what it prints, with values in place of the placeholders."""
    return re.sub(rf"\b(?:{'|'.join(map(re.escape, values))})\b", lambda found: values[found[0]], text)


def run(name: str, source: str, capsys: pytest.CaptureFixture[str]) -> str:
    cell = eval(compile(source, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), {"__name__": "__main__"})
    if cell is not None:  # it awaits at its top level, as a cell of Jupyter may
        asyncio.run(cell)
    return capsys.readouterr().out


def run_as_program(source: str, folder: Path) -> str:
    program = folder / "program.py"
    program.write_text(source)
    line = [sys.executable, "-W", "error", str(program)]
    quiet = {"DASK_LOGGING__DISTRIBUTED": "critical"}  # its workers may complain while a cluster that is done goes away
    done = subprocess.run(line, env=os.environ | quiet, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_examples_were_found() -> None:
    assert len(THEIRS) == 12
    assert len([name for name, _ in OURS if name.startswith("AuthApi.md")]) == len(OPERATIONS)
    assert len([name for name, example in OURS if "asyncio.run(" in example]) == 8
    assert len(OURS) > 20


def test_examples_show_what_they_print() -> None:
    assert [name for name, _ in OURS if name not in PRINTED] == []


@pytest.mark.usefixtures("keyring_with_token")
@pytest.mark.parametrize(("name", "example"), OURS, ids=[name for name, _ in OURS])
def test_example_of_our_documentation_runs(
    name: str, example: str, fresh_sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    values = placeholders(fresh_sandbox)
    os.environ |= {f"ELEMENTS_{word}": value for word, value in values.items() if word.isupper()}
    os.environ |= {"ELEMENTS_HOST": fresh_sandbox.host, "ELEMENTS_API_TOKEN": fresh_sandbox.user.api_token}
    source = prepared(example, values)
    printed = run_as_program(source, tmp_path) if name.startswith(PROGRAMS) else run(name, source, capsys)
    assert printed
    if name in PRINTED:  # `...` stands for what differs from run to run
        expected = re.escape(prepared(PRINTED[name], values)).replace(r"\.\.\.", ".+")
        assert re.fullmatch(expected, printed), printed
    assert "failed" not in printed


@pytest.mark.parametrize(("name", "example"), THEIRS, ids=[name for name, _ in THEIRS])
def test_example_of_3_3_runs(
    name: str, example: str, fresh_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    for empty, filled in REQUIRED.items():
        example = example.replace(empty, filled)
    example = re.sub(
        r"^(\w+ = .*) # (str|int|Send\w+) \|.*$", r"    \1", example, flags=re.MULTILINE
    )  # broken indentation
    filters = {"shared_bundles": 1, "shared_directories": 2, "shared_bundles__asset": 3, "user": 2, "created_by": 2}
    for name, value in {**filters, "ordering": "-id"}.items():
        example = example.replace(f"'{name}_example'", f"'{value}'")
    method = re.findall(r"api_instance\.(\w+)\(", example)[0]
    printed = run(name, prepared(textwrap.dedent(example), placeholders(fresh_sandbox)), capsys)
    assert printed
    assert ("Exception when calling" in printed) == (method in ("start_impersonation", "stop_impersonation"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_land(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text("utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
            assert anchor in anchors, target


def test_every_code_block_is_run_by_some_test() -> None:
    shell = {
        "README.md": ".ci/run",
        "start.md": ".ci/run",
        "command-line.md": "test/project/test_command_line_page.py",
        "index.md": "test/project/test_site.py",
        "examples.md": "test/guests/test_examples.py",
        "how-it-is-made.md": "test/project/test_new_release.py",
        "observability.md": "test/guests/requirements.txt",  # it installs what the tests need, too
        "performance.md": "test/project/test_bench.py",
        "tokens.md": "test/project/test_tokens_page.py",
    }
    unnamed = ("performance.md", "observability.md")
    for page in PAGES:
        kinds = set(re.findall(r"^```(\w*)\n.*?^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE))
        assert kinds <= {"python", "shell", "yaml", "mermaid", ""}, page.name  # without a language: what is printed
        if "shell" in kinds:
            runner = (ROOT / shell[page.name]).read_text("utf-8")
            assert page.name in runner or page.name in unnamed
        if "yaml" in kinds:
            assert page.name in ("how-it-is-made.md", "tokens.md")  # by the same tests as their shell


@pytest.mark.parametrize(("page", "count"), [("reliability.md", 25), ("internals.md", 15)])
def test_each_promise_names_a_test_that_exists(page: str, count: int) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    named = re.findall(r"`(test/\w+/test_\w+\.py)::(test_\w+)`", text)
    assert count < len(named) == text.count("::test_")
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text("utf-8"), test


@pytest.mark.parametrize(
    "file", [*PAGES, ROOT / "pyproject.toml", ROOT / "tox.ini", ROOT / ".ci/run"], ids=lambda file: file.name
)
def test_paths_of_tests_that_a_file_names_exist(file: Path) -> None:
    for path in re.findall(r"(?<![\w/])test/[\w./]*\w", file.read_text("utf-8")):
        assert (ROOT / path).exists(), path


def test_table_of_packages_is_the_order_that_import_linter_holds() -> None:
    listed = re.findall(r"^\| `(\w+)(?:\.py|/)` \|", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    assert settings["exclude_type_checking_imports"] is False
    (layers,) = (contract for contract in settings["contracts"] if contract["type"] == "layers")
    assert layers["exhaustive"]
    assert listed == layers["layers"][::-1]


def test_modules_at_the_top_are_public() -> None:
    modules = [path.stem for path in (ROOT / "elements_sdk").glob("*.py") if not path.stem.startswith("_")]
    assert len(modules) <= 10
    assert set(modules) <= set(re.findall(r"`elements_sdk\.(\w+)`", (ROOT / "docs/versions.md").read_text("utf-8")))


def test_reference_pages_have_the_names_and_sections_of_3_3() -> None:
    old = (ROOT / "test/data/AuthApi-3.3.md").read_text("utf-8")
    new = (ROOT / "docs/AuthApi.md").read_text("utf-8")
    old, new = (re.sub(BLOCK, "", text) for text in (old, new))
    for pattern in (r"^##? (.+)$", r"^\[\*\*\w+\*\*\]\(AuthApi\.md#\w+\) \| \*\*\w+\*\* `[^`]+`"):
        before = re.findall(pattern, old, re.MULTILINE)
        assert before == [name for name in re.findall(pattern, new, re.MULTILINE) if name in before]
    for section in ("Required permissions", "Example", "Parameters", "Return type"):
        assert len(re.findall(rf"^### {section}\b", new, re.MULTILINE)) == len(OPERATIONS)
    for page in set(re.findall(r"\]\((\w+\.md)\)", old)):
        assert (ROOT / "docs" / page).exists()


def test_exceptions_of_the_docs_exist() -> None:
    text = (ROOT / "docs/AuthApi.md").read_text("utf-8")
    import elements_sdk

    for name in set(re.findall(r"`(\w+(?:Exception|Error))`", text)):
        assert issubclass(getattr(elements_sdk, name), ApiException)


def test_table_is_as_large_as_it_should_be() -> None:
    assert len(ROWS) >= 70
    assert len({(fault.name, call) for fault, call in ROWS}) == len(ROWS)


def test_document_is_written_from_the_table() -> None:
    assert DOCUMENT.read_text() == written(DOCUMENT.read_text())


def test_readme_is_short_and_shows_no_missed_target() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) <= 140
    assert "MISSED" not in readme
