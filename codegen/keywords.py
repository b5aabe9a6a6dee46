"""What the generator knows of OpenAPI. Anything else is refused by its place, so that nothing is dropped unsaid."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection
from typing import Any

TYPES = {"string", "integer", "boolean", "number", "object", "array", "null"}
METHODS = ("get", "post", "put", "patch", "delete")
_NOTES = {"description", "example"}
_DOCUMENT = {"openapi", "info", "servers", "security", "tags", "paths", "components"}
_OF_SESSION = {"user", "api_client", "impersonate", "login_again", "from_env"}  # its attributes, as a tag makes one
_OF_PROPERTY = {"readOnly", "x-secret", "x-since"}
_RULES = {  # the client checks them, unless `x-checked-by: server` is beside them; and the types that they are for
    "minimum": {"integer", "number"},
    "maximum": {"integer", "number"},
    "minLength": {"string"},
    "maxLength": {"string"},
    "pattern": {"string"},
    "enum": {"string"},
}
_SHAPE = {"x-checked-by", "type", "items", "format", "anyOf", "$ref"}
_OPERATION = {"operationId", "tags", "summary", "description", "security", "parameters", "requestBody", "responses"}
_EXTENSIONS = {"x-permissions", "x-retryable", "x-login", "x-pagination", "x-after", "x-prints"}
_NEEDED = {"operationId", "tags", "summary", "description", "x-permissions", "x-retryable", "responses"}


class UnknownKeyword(SystemExit):
    """The document says what the generator does not know; its text is where and what."""


def check(document: dict[str, Any]) -> None:
    """Refuse a document that says more than is generated.

    :raises UnknownKeyword: it does.
    """
    _known("the document", document, _DOCUMENT, {"security", "tags", "paths", "components"})
    components = document["components"]
    _known("the document: components", components, {"schemas", "responses", "securitySchemes"}, {"schemas"})
    for tag in document["tags"]:
        _tag(f"tag {tag.get('name')}", tag)
    tags = [tag["name"] for tag in document["tags"]]
    schemas, responses = components["schemas"], components.get("responses", {})
    for name, schema in schemas.items():
        _model(name, schema, set(schemas))
    for name, response in responses.items():
        _known(f"response {name}", response, {"description", "content", "headers"})
    names: set[str] = set()
    for path, item in document["paths"].items():
        _known(path, item, {*METHODS, "parameters"})
        for method in METHODS:
            if method in item:
                _operation(f"{method.upper()} {path}", item[method], item.get("parameters", []), set(schemas), tags)
                if item[method]["operationId"] in names:
                    raise UnknownKeyword(f"{item[method]['operationId']}: there are two operations of this name")
                names.add(item[method]["operationId"])
                for status, response in item[method]["responses"].items():
                    if response.get("$ref", "") not in {"", *(f"#/components/responses/{name}" for name in responses)}:
                        raise UnknownKeyword(f"{item[method]['operationId']}: response {status}: $ref leads nowhere")


def python_name(parameter: dict[str, Any]) -> str:
    """Return the name of an argument: `X-Request-Id`, a header, is `x_request_id`."""
    name: str = parameter["name"]
    return name.replace("-", "_").lower() if parameter["in"] == "header" else name


def _tag(where: str, raw: dict[str, Any]) -> None:
    _known(where, raw, {"name", "description", "x-title"}, {"name"})
    _identifier(where, raw["name"])
    if raw["name"] != raw["name"].lower() or raw["name"] in _OF_SESSION:
        raise UnknownKeyword(f"{where}: it is to be in lower case, as in media_root, and not a name that Session has")


def _operation(
    where: str, raw: dict[str, Any], shared: list[dict[str, Any]], models: set[str], tags: list[str]
) -> None:
    where = raw.get("operationId", where)
    _known(where, raw, _OPERATION | _EXTENSIONS, _NEEDED)
    _identifier(where, where)
    if raw["tags"] not in [[tag] for tag in tags]:
        raise UnknownKeyword(f"{where}: tags: {raw['tags']} is not one of the document's tags: {', '.join(tags)}")
    taken = {"self", "data", "options", "arguments", "async_req"}
    for parameter in [*shared, *raw.get("parameters", [])]:
        _parameter(where, parameter)
        if python_name(parameter) in taken:
            raise UnknownKeyword(
                f"{where}: parameter {parameter['name']}: the method has an argument of this name already"
            )
        taken.add(python_name(parameter))
    if "requestBody" in raw:
        body = raw["requestBody"]
        _known(f"{where}: requestBody", body, {"description", "required", "content"}, {"description", "content"})
        media = _media(f"{where}: requestBody", body["content"], {"schema", "example"})
        if set(media["schema"]) != {"$ref"}:
            raise UnknownKeyword(f"{where}: requestBody: schema is not a $ref to a model")
        _schema(f"{where}: requestBody", media["schema"], models)
    for status, response in raw["responses"].items():
        place = f"{where}: response {status}"
        _known(place, response, {"$ref", "description", "content", "headers"})
        if "content" in response and str(status) < "300":
            _schema(place, _media(place, response["content"], {"schema"})["schema"], models)
    if not any(str(status) < "300" for status in raw["responses"]):
        raise UnknownKeyword(f"{where}: responses: there is none of success")


def _media(where: str, content: dict[str, Any], needed: set[str]) -> dict[str, Any]:
    _known(where, content, {"application/json"}, {"application/json"})
    media: dict[str, Any] = content["application/json"]
    _known(where, media, {"schema", "example"}, needed)
    return media


def _parameter(where: str, raw: dict[str, Any]) -> None:
    where = f"{where}: parameter {raw.get('name')}"
    needed = {"name", "in", "description", "schema"}
    _known(where, raw, {*needed, "required", "example"}, needed)
    if raw["in"] not in ("path", "query", "header"):
        raise UnknownKeyword(f"{where}: in: {raw['in']} is not path, query or header")
    if raw["in"] == "path" and not raw.get("required"):
        raise UnknownKeyword(f"{where}: required: a path parameter is always required")
    if raw["in"] == "header" and raw["name"].lower() in ("accept", "authorization", "content-type", "cookie"):
        raise UnknownKeyword(f"{where}: the client sets this header itself")
    _identifier(where, python_name(raw))
    _known(where, raw["schema"], {"type", "format", "x-checked-by", *_RULES} - {"minLength", "maxLength"}, {"type"})
    _types(where, raw["schema"], TYPES - {"null", "array", "object"})
    _rules(where, raw["schema"], {"date", "email"})


def _model(name: str, schema: dict[str, Any], models: set[str]) -> None:
    _known(name, schema, {"type", "description", "required", "properties"}, {"type", "description", "properties"})
    if schema["type"] != "object":
        raise UnknownKeyword(f"{name}: type: {schema['type']} is not object")
    for key in schema.get("required", []):
        if key not in schema["properties"]:
            raise UnknownKeyword(f"{name}: required: {key} is not one of its properties")
    for key, item in schema["properties"].items():
        where = f"{name}.{key}"
        _identifier(where, key)
        if "description" not in item:
            raise UnknownKeyword(f"{where}: description is missing")
        if item.get("format") == "date" and "date" in schema["properties"]:
            raise UnknownKeyword(f"{where}: format: date is not possible beside a property of the name date")
        _schema(where, item, models, _OF_PROPERTY)


def _schema(where: str, raw: dict[str, Any], models: set[str], more: Collection[str] = ()) -> None:
    """Check a schema; `more` are the keywords that only one of a property has, whose rules are checked."""
    _known(where, raw, {*_SHAPE, *_NOTES, *_RULES, *more})
    if "$ref" in raw:
        _known(where, raw, {"$ref", "description"})
        if raw["$ref"].removeprefix("#/components/schemas/") not in models:
            raise UnknownKeyword(f"{where}: $ref: {raw['$ref']} is not one of the models")
    elif "anyOf" in raw:
        _known(where, raw, {"anyOf", "description"})
        for item in raw["anyOf"]:
            _schema(where, item, models)
    elif raw:  # {} is any value
        _known(where, raw, set(raw), {"type"})
        if "array" in _types(where, raw, TYPES):
            _known(where, raw, set(raw), {"items"})
            _schema(f"{where}: items", raw["items"], models)
        _rules(where, raw, {"date-time", "date", "email"}, is_checked=bool(more))


def _rules(where: str, raw: dict[str, Any], formats: set[str], is_checked: bool = True) -> None:
    """Refuse a rule that the client would not check, unless the document leaves it to the server."""
    if raw.get("format", "email") not in formats:
        raise UnknownKeyword(f"{where}: format: {raw['format']} is not one that is generated")
    if raw.get("x-checked-by", "server") != "server":
        raise UnknownKeyword(f"{where}: x-checked-by: {raw['x-checked-by']} is not server")
    if "x-checked-by" in raw:
        return
    rules = sorted(_RULES.keys() & raw.keys())
    if raw.get("format") == "email" or (rules and not is_checked):
        rule = "format: email" if raw.get("format") == "email" else rules[0]
        raise UnknownKeyword(f"{where}: {rule} is not checked by the client: say so with x-checked-by: server")
    words = {raw["format"]} if "format" in raw else {*_types(where, raw, TYPES)} - {"null"}
    for rule in rules:
        if not words <= _RULES[rule]:
            raise UnknownKeyword(f"{where}: {rule} is not a rule for {', '.join(sorted(words - _RULES[rule]))}")
    try:
        re.compile(raw.get("pattern", ""))
    except re.error as error:
        raise UnknownKeyword(f"{where}: pattern: Python does not know it: {error}") from None


def _types(where: str, raw: dict[str, Any], known: set[str]) -> list[str]:
    words = raw["type"] if isinstance(raw["type"], list) else [raw["type"]]
    for word in words:
        if word not in known:
            raise UnknownKeyword(f"{where}: type: {word} is not one that is generated")
    return words


def _known(where: str, raw: dict[str, Any], known: set[str], needed: Collection[str] = ()) -> None:
    for word in raw:
        if word not in known:
            raise UnknownKeyword(f"{where}: {word} is not a keyword that is generated here")
    for word in sorted(set(needed) - set(raw)):
        raise UnknownKeyword(f"{where}: {word} is missing")


def _identifier(where: str, name: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UnknownKeyword(f"{where}: {name} cannot be a name in Python")
