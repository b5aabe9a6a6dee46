"""What a client has read of its Configuration and default headers: compiled, and made anew only after a change."""

from __future__ import annotations

from elements_sdk._utils.redaction import Masked, MaskedDict
from elements_sdk._utils.urls import origin_of
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import ApiValueError
from elements_sdk.models._base import ReadSettings
from elements_sdk.retry import RetryPolicy


class ReadySettings(Masked):
    """The settings of the calls of a client; they do not change.

    :ivar has_key: whether the client authenticates by an API key, or by an `Authorization` header of the user's own.
    :ivar asks_for_key: whether the API key is asked for at each use.
    :ivar headers: else, the default headers with the API key.
    :ivar is_cleartext: whether others can read what goes to the configured host.
    :ivar timeouts: seconds to connect, for each chunk of a response, and for the whole call.
    :ivar models: what models must know of the client; `None`, as a rule.
    """

    def __init__(self, configuration: Configuration, default_headers: MaskedDict, client_side_validation: bool) -> None:
        """
        :raises ApiValueError: credentials are missing, as after pickling.
        """
        # What is compared comes first: the next call sees what changes while the rest is read.
        self.configuration, self.changes = configuration, configuration._changes
        self.api_key, self.api_key_prefix = MaskedDict(configuration.api_key), MaskedDict(configuration.api_key_prefix)
        self.default_headers = MaskedDict(default_headers)
        self.client_side_validation = client_side_validation
        configuration.check_credentials()
        self.host = configuration.host
        self.origin = origin_of(self.host)
        self.is_cleartext = True
        self.has_key = configuration.has_api_key() or "authorization" in map(str.lower, self.default_headers)
        keyed = self._with_key()
        self.asks_for_key, self.headers = keyed is None, keyed or self.default_headers
        connect, read = configuration.timeout  # type: ignore[misc]  # checked, it is a pair
        self.timeouts = connect, read, configuration.total_timeout
        self.keepalive_idle = configuration.keepalive_idle
        self.retries = RetryPolicy.of(configuration.retries)
        self.compression = configuration.compression
        self.max_response_bytes = configuration.max_response_bytes
        self.models = ReadSettings.of(configuration, client_side_validation=client_side_validation)

    def _with_key(self) -> MaskedDict | None:
        given = self.configuration
        is_own = type(given).get_api_key_with_prefix is not Configuration.get_api_key_with_prefix
        if given.refresh_api_key_hook is not None or is_own:
            return None
        try:
            key = given.get_api_key_with_prefix("Authorization")
        except ApiValueError:  # which a call is told that sends it
            return None
        return MaskedDict(self.default_headers if key is None else {**self.default_headers, "Authorization": key})
