"""What the generator knows of OpenAPI. Anything else is refused by its place, so that nothing is dropped unsaid."""

from __future__ import annotations

import keyword
from collections.abc import Collection
from typing import Any

TYPES = {"string", "integer", "boolean", "number", "object", "array", "null"}
METHODS = ("get", "post", "put", "patch", "delete")
_NOTES = {"description", "example"}
_OF_CLIENT = {"readOnly", "minLength", "maxLength", "enum", "x-secret", "x-since"}
_OF_SERVER = {"minimum", "maximum", "pattern"}  # these need `x-checked-by: server`: the client sends what 3.3 sent
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
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        _model(name, schema, set(schemas))
    responses = {f"#/components/responses/{name}" for name in document["components"].get("responses", {})}
    names: set[str] = set()
    for path, item in document["paths"].items():
        _known(path, item, {*METHODS, "parameters"})
        for method in METHODS:
            if method in item:
                _operation(f"{method.upper()} {path}", item[method], item.get("parameters", []), set(schemas))
                if item[method]["operationId"] in names:
                    raise UnknownKeyword(f"{item[method]['operationId']}: there are two operations of this name")
                names.add(item[method]["operationId"])
                for status, response in item[method]["responses"].items():
                    if response.get("$ref", "") not in responses | {""}:
                        raise UnknownKeyword(f"{item[method]['operationId']}: response {status}: $ref leads nowhere")


def python_name(parameter: dict[str, Any]) -> str:
    """Return the name of an argument: `X-Request-Id`, a header, is `x_request_id`."""
    name: str = parameter["name"]
    return name.replace("-", "_").lower() if parameter["in"] == "header" else name


def _operation(where: str, raw: dict[str, Any], shared: list[dict[str, Any]], models: set[str]) -> None:
    where = raw.get("operationId", where)
    _known(where, raw, _OPERATION | _EXTENSIONS, _NEEDED)
    _identifier(where, where)
    if raw["tags"] != ["auth"]:
        raise UnknownKeyword(f"{where}: tags: {raw['tags']} is not [auth], the only one that is generated")
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
    _known(where, raw["schema"], {"type", "enum", "x-checked-by"} | _OF_SERVER, {"type"})
    _left_to_server(where, raw["schema"])
    _types(where, raw["schema"], TYPES - {"null", "array", "object"})


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
        _schema(where, item, models)


def _schema(where: str, raw: dict[str, Any], models: set[str]) -> None:
    _known(where, raw, _SHAPE | _NOTES | _OF_CLIENT | _OF_SERVER)
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
        words = _types(where, raw, TYPES)
        if "array" in words:
            _known(where, raw, set(raw), {"items"})
            _schema(f"{where}: items", raw["items"], models)
        _left_to_server(where, raw)
        if "format" in raw and raw["format"] not in ("date-time", "email"):
            raise UnknownKeyword(f"{where}: format: {raw['format']} is not one that is generated")


def _left_to_server(where: str, raw: dict[str, Any]) -> None:
    rules = sorted(_OF_SERVER & set(raw)) + (["format: email"] if raw.get("format") == "email" else [])
    if rules and raw.get("x-checked-by") != "server":
        raise UnknownKeyword(f"{where}: {rules[0]} is not checked by the client: say so with x-checked-by: server")


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
