"""What `inspect` and pydantic ask of a model, loaded when they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, Signature, get_annotations
from typing import Any, get_type_hints

from elements_sdk.exceptions import ApiValueError


def signature_of(model: Any) -> Signature:
    """Return the properties as keywords, and last what only the library gives."""
    kinds: dict[str, Any] = {}
    for base in reversed(model.__mro__):
        kinds.update(get_annotations(base))
    kinds["local_vars_configuration"] = "ModelSettings | None"
    needed = [name for name, declared in model._declared.items() if declared.required]
    parameters = []
    for name in (*model._declared, "local_vars_configuration"):
        default = Parameter.empty if name in needed else None
        parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kinds[name]))
    return Signature(parameters)


def core_schema_of(model: Any, handler: Any, problem_of: Callable[[Any, Any], str | None]) -> Any:
    """Return pydantic's schema of a model: what is not one is made one by its rules, and goes out as `to_dict` says."""
    from pydantic_core import core_schema

    def checked(values: Any) -> Any:
        if isinstance(values, model):
            return values
        problem = problem_of(model, values) if isinstance(values, Mapping) else f"{model.__name__} is read from a dict"
        if problem:
            values = None  # the exception takes this frame along
            raise ApiValueError(problem)
        return model.from_dict(values)

    hints, fields = get_type_hints(model), {}
    for name, declared in model._declared.items():
        kind, words = handler.generate_schema(hints[name]), {"description": getattr(model, name).__doc__}
        fields[name] = core_schema.typed_dict_field(
            kind, required=declared.required, metadata={"pydantic_js_updates": words}
        )
    about = {"title": model.__name__, "description": f"{model.__doc__}".partition("\n\n")[0]}
    whole = core_schema.typed_dict_schema(fields)
    return core_schema.no_info_plain_validator_function(
        checked,
        serialization=core_schema.plain_serializer_function_ser_schema(model.to_dict),
        metadata={"pydantic_js_functions": [lambda _schema, shown: {**shown(whole), **about}]},
    )
