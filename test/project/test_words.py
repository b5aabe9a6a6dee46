"""Private words that the field's have replaced do not come back: identifiers in code, metaphors and idioms in prose."""

from __future__ import annotations

import io
import re
import subprocess
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OTHERS = (
    "test/data/AuthApi-3.3.md",
    "test/data/calls_of_3_3.py",
    "test/project/test_words.py",
    "bench/contenders/pydantic_httpx.py",  # httpx has its own Limits
)
TEXTS = (".py", ".pyi", ".jinja", ".md", ".toml", ".ini", ".yaml", ".yml", "run", "check")

# Identifier -> what stands for it now.
IDENTIFIERS = {
    "CallManner": "RequestOptions",
    "Gate": "SharedLock",
    "Headed": "HasHeaders",
    "Limits": "Timeouts",
    "Makers": "Executor",
    "Meanings": "ExceptionMap",
    "MemoryBody": "BodyBuffer",
    "Repeats": "RetryState",
    "TAKEN_PER_CALL": "PREFETCH_PER_WORKER",
    "WaitedTooLong": "LockTimeout",
    "Walk": "Cursor",
    "Way": "Route",
    "World": "LoopThread",
    "expect_no_word_of_proxy": "raise_for_proxy_response",
    "fill_path": "expand_path",
    "for_a_piece": "read_timeout",
    "free_call": "build_operation",
    "in_words": "describe",
    "is_insecure": "is_cleartext",
    "is_readable_on_the_way": "is_cleartext",
    "leave_behind": "abandon_in_child",
    "leave_body_to_caller": "disarm",
    "manner": "options",
    "obey": "dispatch",
    "query_text": "encode_query",
    "remember_contents": "snapshot",
    "renew_in_children": "register_after_fork",
    "safe_to_repeat": "retryable",
    "takes_over": "reentrant",
    "text_of": "decode_text",
    "twin_of": "clone",
    "way_to": "route_to",
    "words_for": "describe",
    "x-safe-to-repeat": "x-retryable",
}
# A pattern -> what to write in its place.
PROSE = {
    r"(?<!cutting )\brooms?\b(?! for)": "module, package, layer",
    r"\bthe house\b|\bhouse's\b": "project, organisation",
    r"\btwins?\b": "variant, asyncio client, clone",
    r"\bhalf a character\b": "a lone surrogate",
    r"\bthat is none\b": "what is wrong",
    r"\b(?:is|are) no (?:valid|number|text|path|JSON|date|datetime|list|object|URL|name|folder|whole)\b": "not a",
    r'"""(?:Give|Have|Tell whether) ': "an imperative: Return ..., Return whether ...",
}


def texts() -> dict[str, str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    names = [name for name in listed if name.endswith(TEXTS) and name not in OTHERS]
    return {name: (ROOT / name).read_text("utf-8") for name in names if (ROOT / name).exists()}


def lines_with(pattern: str) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(pattern, line)
    ]


def identifiers_of(name: str, text: str) -> set[str]:
    """The names in a program; of other files all words that can only be names."""
    if not name.endswith((".py", ".pyi")):
        return {word for word in re.findall(r"[\w-]+", text) if not word.istitle()}
    words = tokenize.generate_tokens(io.StringIO(text).readline)
    return {word.string for word in words if word.type == tokenize.NAME}


def test_identifiers_do_not_come_back() -> None:
    found = {name: sorted(identifiers_of(name, text) & IDENTIFIERS.keys()) for name, text in texts().items()}
    assert {name: words for name, words in found.items() if words} == {}, IDENTIFIERS


@pytest.mark.parametrize("pattern", PROSE)
def test_metaphor_does_not_come_back(pattern: str) -> None:
    assert lines_with(f"(?i){pattern}") == [], f"write {PROSE[pattern]}"


def test_search_finds_what_is_there() -> None:
    assert lines_with(r"\bSharedLock\b")
    assert len(texts()) > 200
