"""Settings as keywords of Configuration, and classes derived from Configuration and from the clients."""

from __future__ import annotations

import copy
import inspect
import logging
import pickle
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from elements_sdk import ApiAttributeError, ApiClient, ApiTypeError, ApiValueError, Configuration, aio
from elements_sdk._config.settings import MoreSettings
from elements_sdk._config.validators import SETTINGS

VALUES: dict[str, Any] = {
    "timeout": 5,
    "total_timeout": None,
    "connection_pool_maxsize": 3,
    "verify_ssl": False,
    "retries": 4,
    "proxy": "http://proxy.example.com:3128",
    "trust_env": False,
    "max_response_bytes": 1000,
    "compression": False,
    "refresh_api_key_hook": print,
    "ssl_ca_cert": "/tmp/ca.pem",
    "assert_hostname": False,
    "pickle_credentials": True,
}


def kept(configuration: Configuration) -> dict[str, Any]:
    return {name: getattr(configuration, name) for name in SETTINGS}


def test_every_setting_is_a_keyword_for_checkers_too() -> None:
    named = set(inspect.signature(Configuration).parameters) - {"settings"}
    assert named | set(MoreSettings.__annotations__) == set(SETTINGS)
    assert not named & set(MoreSettings.__annotations__)
    assert set(MoreSettings.__annotations__) < set(Configuration.__annotations__)
    assert "settings" in get_type_hints(Configuration.__init__)
    defaults: Any = {name: getattr(Configuration(), name) for name in SETTINGS if name != "assert_hostname"}
    assert kept(Configuration(**defaults)) == kept(Configuration())


@pytest.mark.parametrize("name", list(VALUES))
def test_keyword_is_the_same_as_the_setting(name: str) -> None:
    given: Any = {name: VALUES[name]}
    later = Configuration()
    setattr(later, name, VALUES[name])
    assert kept(Configuration(**given)) == kept(later)


@pytest.mark.parametrize(
    ("name", "meant"), [("timout", "timeout"), ("verify_tls", "verify_ssl"), ("retry", "retries"), ("tokens", None)]
)
def test_unknown_keyword_is_refused_with_a_suggestion(name: str, meant: str | None) -> None:
    given: Any = {name: "SECRET"}
    with pytest.raises(ApiTypeError, match=f"^Configuration has no setting '{name}'") as caught:
        Configuration(**given)
    assert str(caught.value).endswith(f"; did you mean {meant!r}?" if meant else f"{name!r}")
    assert isinstance(caught.value, TypeError)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("timeout", "5"), ("proxy", "socks5://SECRET@x"), ("key_password", 7)])
def test_impossible_keyword_is_refused_by_name(name: str, value: Any) -> None:
    given: Any = {name: value}
    with pytest.raises(ApiValueError, match=f"^{name} "):
        Configuration(**given)


def test_log_that_is_asked_for_by_keyword_is_written(tmp_path: Path) -> None:
    file = tmp_path / "calls.log"
    configuration = Configuration(debug=True, logger_file=str(file), logger_format="%(levelname)s:%(message)s")
    try:
        logging.getLogger("elements_sdk").debug("called")
        assert file.read_text("utf-8") == "DEBUG:called\n"
    finally:
        configuration.debug, configuration.logger_file = False, None


class Regional(Configuration):
    """Settings with an attribute that the class does not declare."""

    def __init__(self, region: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.region = region


class Declared(Configuration):
    """Settings with declared attributes, the first of which is like the name of a setting."""

    hosts: list[str]
    tenant = "studio"


class Slow(Configuration):
    """Settings of which one is another."""

    def __init__(self) -> None:
        super().__init__(timeout=60)
        self._cache = {"a": 1}


def test_derived_configuration_has_attributes_of_its_own() -> None:
    regional = Regional("eu", host="https://storage.example.com", retries=3)
    assert (regional.region, regional.retries) == ("eu", 3)
    declared = Declared()
    declared.hosts = ["a"]
    declared.tenant = "other"
    assert (declared.hosts, declared.tenant, Declared().tenant) == (["a"], "other", "studio")
    with pytest.raises(ApiAttributeError, match="Declared has no setting 'colour'"):
        declared.colour  # type: ignore[attr-defined]  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("protocol", range(6))
def test_derived_configuration_is_copied_and_pickled_with_them(protocol: int) -> None:
    for original in (Regional("eu", timeout=3), Slow()):
        for clone in (copy.deepcopy(original), pickle.loads(pickle.dumps(original, protocol))):
            assert type(clone) is type(original)
            for name in ("region", "_cache", "timeout"):
                assert getattr(clone, name, None) == getattr(original, name, None)


def test_attribute_that_leads_back_to_the_configuration_is_copied() -> None:
    regional: Any = Regional("eu")
    regional.owner = [regional]
    clone = copy.deepcopy(regional)
    assert clone is not regional
    assert clone.owner == [clone]


@pytest.mark.parametrize(("name", "meant"), [("verify_sll", "verify_ssl"), ("time_out", "timeout"), ("hosts", "host")])
def test_mistyped_setting_of_a_derived_configuration_is_refused(name: str, meant: str) -> None:
    regional = Regional("eu")
    with pytest.raises(
        ApiAttributeError, match=rf"^Regional has no setting '{name}'; did you mean '{meant}'\?"
    ) as caught:
        setattr(regional, name, False)
    assert f"`{name}: str`" in str(caught.value)


class Named(ApiClient):
    """A client whose constructor has an argument of its own, and says which."""

    def __init__(self, name: str, configuration: Configuration | None = None, **options: Any) -> None:
        super().__init__(configuration, **options)
        self.name = name

    def own_settings(self) -> dict[str, Any]:
        return {**super().own_settings(), "name": self.name}


class NamedAio(aio.ApiClient):
    """The same for asyncio."""

    def __init__(self, name: str, configuration: Configuration | None = None, **options: Any) -> None:
        super().__init__(configuration, **options)
        self.name = name

    def own_settings(self) -> dict[str, Any]:
        return {**super().own_settings(), "name": self.name}


class Silent(ApiClient):
    """A client whose constructor has an argument of its own, and does not say which."""

    def __init__(self, name: str, configuration: Configuration | None = None, **options: Any) -> None:
        super().__init__(configuration, **options)
        self.name = name


class Fixed(ApiClient):
    """A client whose constructor takes no configuration."""

    def __init__(self) -> None:
        super().__init__(Configuration())


class SilentAio(aio.ApiClient):
    """An asyncio client that takes no configuration."""

    def __init__(self, host: str) -> None:
        super().__init__(Configuration(host=host))


@pytest.mark.parametrize("kind", [Named, NamedAio])
@pytest.mark.parametrize("protocol", range(6))
def test_client_with_arguments_of_its_own_is_copied_and_pickled(kind: Any, protocol: int) -> None:
    client = kind("uma", Configuration(host="http://localhost:7"))
    for clone in (copy.deepcopy(client), pickle.loads(pickle.dumps(client, protocol))):
        assert type(clone) is kind
        assert (clone.name, clone.configuration.host) == ("uma", "http://localhost:7")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Silent("SECRET"), "missing a required argument: 'name'"),
        (Fixed, "got an unexpected keyword argument 'configuration'"),
        (lambda: SilentAio("http://localhost"), "missing a required argument: 'host'"),
    ],
)
def test_client_that_does_not_say_which_arguments_it_has_says_what_to_do(make: Any, reason: str) -> None:
    client = make()
    for attempt in (lambda: copy.deepcopy(client), lambda: pickle.dumps(client)):
        with pytest.raises(
            ApiTypeError, match=rf"{type(client).__name__} cannot be copied or pickled.*{reason}"
        ) as caught:
            attempt()
        assert "own_settings()" in str(caught.value)
        assert "SECRET" not in str(caught.value)
