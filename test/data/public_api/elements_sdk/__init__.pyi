# The public API of elements_sdk, recorded by `python .ci/public_api.py --record`; never edited by hand.

class ApiAttributeError(_Misuse, AttributeError):
    ...

class ApiClient(_BaseClient):
    rest_client: Transport | GivenTransport
    def __init__(configuration: Configuration | None = None, header_name: str | None = None, header_value: str | None = None, cookie: str | None = None, pool_threads: int = 1, *, transport: ApiTransport | None = None) -> None: ...
    pool_threads = ...
    def own_settings() -> dict[str, Any]: ...
    def renew_after_fork() -> None: ...
    def __enter__() -> Self: ...
    def __exit__(kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None: ...
    def close() -> None: ...
    pool: ThreadPool
    def call(operation: Operation, arguments: Opaque[Mapping[str, Any]], options: Mapping[str, Any] | None = None) -> Any: ...
    def call_with_http_info(operation: Operation, arguments: Opaque[Mapping[str, Any]], options: Mapping[str, Any]) -> Any: ...
    def send(method: str, path: str, *, returns: None = None, **options: Unpack[SendOptions]) -> None: ...
    def iterate(path: str, **options: Unpack[IterateOptions]) -> Pager[dict[str, Any]]: ...
    def call_api(resource_path: str, method: str, path_params: Mapping[str, Any] | None = None, query_params: Parameters | None = None, header_params: Mapping[str, Any] | None = None, body: Any = None, post_params: Parameters | None = None, files: Mapping[str, Any] | None = None, response_type: str | type | None = None, auth_settings: Sequence[str] | None = None, async_req: bool | None = None, _return_http_data_only: bool | None = None, collection_formats: Mapping[str, str] | None = None, _preload_content: bool = True, _request_timeout: Seconds | None = None, _host: str | None = None) -> Any: ...
    def request(method: str, url: str, query_params: Parameters | None = None, headers: Mapping[str, Any] | None = None, post_params: Parameters | None = None, body: Any = None, _preload_content: bool = True, _request_timeout: Seconds | None = None) -> Any: ...

class ApiConnectionError(ApiException):
    is_final: bool

class ApiException(OpenApiException):
    hint: str | None
    def __init__(status: int | None = None, reason: str | None = None, http_resp: Any = None, *, body: str | None = None, headers: Mapping[str, str] | None = None, detail: str | None = None, errors: dict[str, list[str]] | None = None, method: str | None = None, path: str | None = None, attempts: int = 1, request_sent: RequestSent = 'yes') -> None: ...
    status = ...
    reason = ...
    body = ...
    headers = ...
    errors = ...
    detail = ...
    method = ...
    path = ...
    attempts = ...
    request_sent: RequestSent

class ApiKeyError(_Misuse, KeyError):
    ...

class ApiResponse(NamedTuple, Generic[T]):
    data: T
    status_code: int
    headers: HTTPHeaderDict

class ApiTimeoutError(ApiConnectionError):
    ...

class ApiTypeError(_Misuse, TypeError):
    def __init__(msg: str, path_to_item: Sequence[str | int] | None = None, valid_classes: tuple[type, ...] | None = None, key_type: bool | None = None) -> None: ...
    valid_classes = ...
    key_type = ...

class ApiValueError(_Misuse, ValueError):
    ...

class AuthApi():
    def __init__(api_client: ApiClient | None = None) -> None: ...
    api_client: ApiClient
    def check_auth_ticket(data: Ticket | TicketDict, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: bool = ..., **options: Unpack[CallOptions]) -> ElementsUserDetail: ...
    def check_auth_ticket_with_http_info(data: Ticket | TicketDict, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: Literal[False] = ..., **options: Unpack[CallOptions]) -> ApiResponse[ElementsUserDetail]: ...
    def create_auth_ticket(*, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: bool = ..., **options: Unpack[CallOptions]) -> Ticket: ...
    def create_auth_ticket_with_http_info(*, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: Literal[False] = ..., **options: Unpack[CallOptions]) -> ApiResponse[Ticket]: ...
    def delete_access_token(id: int, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: bool = ..., **options: Unpack[CallOptions]) -> object: ...
    def delete_access_token_with_http_info(id: int, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: Literal[False] = ..., **options: Unpack[CallOptions]) -> ApiResponse[object]: ...
    def generate_password(*, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: bool = ..., **options: Unpack[CallOptions]) -> GeneratePasswordEndpointResponse: ...
    def generate_password_with_http_info(*, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: Literal[False] = ..., **options: Unpack[CallOptions]) -> ApiResponse[GeneratePasswordEndpointResponse]: ...
    def get_access_token(id: int, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: bool = ..., **options: Unpack[CallOptions]) -> OneTimeAccessToken: ...
    def get_access_token_with_http_info(id: int, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: Literal[False] = ..., **options: Unpack[CallOptions]) -> ApiResponse[OneTimeAccessToken]: ...
    def get_all_access_tokens(*, shared_bundles: str | int | None = ..., shared_directories: str | int | None = ..., shared_bundles__asset: str | int | None = ..., user: str | int | None = ..., created_by: str | int | None = ..., ordering: str | None = ..., limit: int | None = ..., offset: int | None = ..., async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: bool = ..., **options: Unpack[CallOptions]) -> list[OneTimeAccessToken]: ...
    def get_all_access_tokens_with_http_info(*, shared_bundles: str | int | None = ..., shared_directories: str | int | None = ..., shared_bundles__asset: str | int | None = ..., user: str | int | None = ..., created_by: str | int | None = ..., ordering: str | None = ..., limit: int | None = ..., offset: int | None = ..., async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: Literal[False] = ..., **options: Unpack[CallOptions]) -> ApiResponse[list[OneTimeAccessToken]]: ...
    def iter_access_tokens(*, page_size: int = 100, offset: int = 0, shared_bundles: str | int | None = None, shared_directories: str | int | None = None, shared_bundles__asset: str | int | None = None, user: str | int | None = None, created_by: str | int | None = None, ordering: str | None = 'id', **options: Unpack[CallOptions]) -> Pager[OneTimeAccessToken]: ...
    def login(data: AuthLoginEndpointRequest | AuthLoginEndpointRequestDict, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: bool = ..., **options: Unpack[CallOptions]) -> AuthLoginEndpointResponse: ...
    def login_with_http_info(data: AuthLoginEndpointRequest | AuthLoginEndpointRequestDict, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: Literal[False] = ..., **options: Unpack[CallOptions]) -> ApiResponse[AuthLoginEndpointResponse]: ...
    def logout(*, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: bool = ..., **options: Unpack[CallOptions]) -> object: ...
    def logout_with_http_info(*, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: Literal[False] = ..., **options: Unpack[CallOptions]) -> ApiResponse[object]: ...
    def reset_password(data: PasswordResetEndpointRequest | PasswordResetEndpointRequestDict, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: bool = ..., **options: Unpack[CallOptions]) -> object: ...
    def reset_password_with_http_info(data: PasswordResetEndpointRequest | PasswordResetEndpointRequestDict, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: Literal[False] = ..., **options: Unpack[CallOptions]) -> ApiResponse[object]: ...
    def send_access_token_email_notification(id: int, data: SendLinkEmailRequest | SendLinkEmailRequestDict, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: bool = ..., **options: Unpack[CallOptions]) -> object: ...
    def send_access_token_email_notification_with_http_info(id: int, data: SendLinkEmailRequest | SendLinkEmailRequestDict, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: Literal[False] = ..., **options: Unpack[CallOptions]) -> ApiResponse[object]: ...
    def start_impersonation(data: ImpersonationEndpointRequest | ImpersonationEndpointRequestDict, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: bool = ..., **options: Unpack[CallOptions]) -> object: ...
    def start_impersonation_with_http_info(data: ImpersonationEndpointRequest | ImpersonationEndpointRequestDict, *, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: Literal[False] = ..., **options: Unpack[CallOptions]) -> ApiResponse[object]: ...
    def stop_impersonation(*, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: bool = ..., **options: Unpack[CallOptions]) -> object: ...
    def stop_impersonation_with_http_info(*, async_req: Literal[False] = ..., _preload_content: Literal[True] = ..., _return_http_data_only: Literal[False] = ..., **options: Unpack[CallOptions]) -> ApiResponse[object]: ...

class AuthLoginEndpointRequest(_Model):
    username: str
    password: str
    otp: str | None
    new_password: str | None
    local_vars_configuration: ModelSettings | None

class AuthLoginEndpointResponse(_Model):
    reason: str | None
    detail: str | None
    redirect: str | None
    user: ElementsUserDetail | None
    local_vars_configuration: ModelSettings | None
    session_key: str | None

class BadRequestException(ApiException):
    ...

class CallOptions(TypedDict):
    ...

class ClientSession(_Model):
    id: int
    user: ElementsUserMini
    mounted_workspaces: str | None
    started: datetime | None
    last_updated: datetime | None
    workstation: str
    local_vars_configuration: ModelSettings | None

class Configuration(_LegacySettings):
    host: str
    api_key: dict[str, Any]
    api_key_prefix: dict[str, Any]
    refresh_api_key_hook: Callable[[Configuration], None] | None
    username: str | None
    password: str | None
    discard_unknown_keys: bool
    client_side_validation: bool
    timeout: float | tuple[float | None, float | None] | None
    total_timeout: float | None
    keepalive_idle: float | None
    connection_pool_maxsize: int
    verify_ssl: bool
    ssl_ca_cert: str | None
    cert_file: str | None
    key_file: str | None
    ssl_ca_data: str | bytes | None
    key_password: str | None
    ssl_context: SSLContext | None
    assert_hostname: str | Literal[False] | None
    proxy: str | None
    proxy_headers: Mapping[str, str] | None
    trust_env: bool
    safe_chars_for_path_param: str
    retries: int | RetryPolicy | Retry | None
    temp_folder_path: str | None
    max_response_bytes: int | None
    compression: bool
    strict_responses: bool
    debug: bool
    logger_file: str | None
    logger_format: str
    pickle_credentials: bool
    def __init__(host: str | bytes = 'http://localhost', api_key: Mapping[str, str | bytes] | None = None, api_key_prefix: Mapping[str, str] | None = None, username: str | bytes | None = None, password: str | bytes | None = None, discard_unknown_keys: bool = False, **settings: Unpack[MoreSettings]) -> None: ...
    @classmethod
    def from_env(environment: Mapping[str, str] | None = None) -> Configuration: ...
    @classmethod
    def from_profile(name: str) -> Configuration: ...
    def is_complete() -> bool: ...
    def check_credentials() -> None: ...
    @classmethod
    def set_default(default: Configuration | None) -> None: ...
    @classmethod
    def get_default_copy() -> Configuration: ...
    def get_api_key_with_prefix(identifier: str) -> str | None: ...
    def has_api_key() -> bool: ...

class ConflictException(ApiException):
    ...

class CsrfError(ForbiddenException):
    ...

class DeadlineExceeded(ApiTimeoutError):
    phase: str

class ElementsUserDetail(_Model):
    id: int
    allow_changing_password: bool | None
    allow_wan_login: bool | None
    allowed_fs_paths: list[str] | None
    allowed_fs_write_paths: list[str] | None
    avatar: str | None
    client_sessions: list[ClientSession] | None
    default_page: str | None
    display_name: str | None
    effective_permissions: list[str] | None
    email: str | None
    expiry: datetime | None
    ancillary_path_read_only: bool | None
    ancillary_path: str | None
    fm_bookmarks: list[str] | None
    full_name: str | None
    gid: int | None
    group_permissions: list[str] | None
    has_password: bool | None
    home: int | None
    is_external: bool | None
    is_cloud: bool | None
    is_cloud_default: bool | None
    is_enabled: bool | None
    language: str | None
    last_seen: datetime | None
    ldap: LDAPServer | None
    ldap_dn: str | None
    password_change_required: bool | None
    permissions: list[str]
    shaper_ceiling: int | None
    shaper_rate: int | None
    sync_id: str | None
    totp_enabled: bool | None
    uid: int | None
    unix_username: str | None
    username: str
    groups: list[int]
    local_vars_configuration: ModelSettings | None
    ldap_guid: str | None

class ElementsUserMini(_Model):
    id: int
    avatar: str | None
    display_name: str | None
    email: str | None
    full_name: str | None
    is_external: bool | None
    is_cloud: bool | None
    username: str
    local_vars_configuration: ModelSettings | None

class ForbiddenException(ApiException):
    ...

class GeneratePasswordEndpointResponse(_Model):
    password: str
    local_vars_configuration: ModelSettings | None

class ImpersonationEndpointRequest(_Model):
    user: int
    local_vars_configuration: ModelSettings | None

class IncompleteBody(ResponseFormatError):
    ...

class InsecureTransportWarning(UserWarning):
    ...

class LDAPServer(_Model):
    id: int
    name: str | None
    winbind_separator: str | None
    nt_domain: str | None
    local_vars_configuration: ModelSettings | None

class LoginFailed(_Throttled):
    login_reason: str | None

class NotFoundException(ApiException):
    ...

class OneTimeAccessToken(_Model):
    id: int
    activity: list[OneTimeAccessTokenActivity] | None
    user: ElementsUserMini
    created_by: ElementsUserMini | None
    media_root_permissions: str | list[int] | None
    shared_bundles: list[OneTimeAccessTokenSharedObject] | None
    shared_directories: list[OneTimeAccessTokenSharedObject] | None
    full_url: str | None
    url: str
    token: str
    view_limit_enabled: bool | None
    view_limit_left: int | None
    expires: datetime | None
    require_login: bool | None
    is_easy_sharing_for_bundle: int | None
    is_easy_sharing_for_directory: int | None
    local_vars_configuration: ModelSettings | None
    created_at: datetime | None
    has_password: bool | None

class OneTimeAccessTokenActivity(_Model):
    id: int
    date: datetime | None
    ip: str
    token: int
    local_vars_configuration: ModelSettings | None

class OneTimeAccessTokenSharedObject(_Model):
    id: int
    name: str
    local_vars_configuration: ModelSettings | None

class OpenApiException(Exception):
    ...

class PagingError(ApiException):
    cause: ApiException | None
    resume_offset: int

class PasswordResetEndpointRequest(_Model):
    token: str
    password: str
    local_vars_configuration: ModelSettings | None

class ProxyError(ApiConnectionError):
    ...

class RedirectError(ApiException):
    ...

class ResponseFormatError(ApiException):
    ...

class ResponseTooLarge(ResponseFormatError):
    ...

class RetryPolicy():
    total: int
    connect: int | None
    read: int | None
    def __init__(total: int = DEFAULT_RETRIES, connect: int | None = None, read: int | None = None) -> None: ...
    @classmethod
    def of(value: Any) -> RetryPolicy: ...
    def wait(request: Request, outcome: Response | ApiException, *, retries: int, retryable: bool = False, left: float | None = None) -> float | None: ...

class SendLinkEmailRequest(_Model):
    email: str | None
    subject: str | None
    text: str | None
    local_vars_configuration: ModelSettings | None

class ServiceException(_Throttled):
    ...

class Session(_Calls, _BaseSession):
    def __init__(configuration: Configuration, username: str | None = None, password: str | None = None, otp: str | Callable[[], str] | None = None, new_password: str | None = None) -> None: ...
    api_client: ApiClient
    @classmethod
    def from_env(environment: Mapping[str, str] | None = None) -> Self: ...
    def __enter__() -> Self: ...
    def __exit__(kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None: ...
    def login_again() -> None: ...
    def impersonate(user_id: int) -> Iterator[ElementsUserDetail]: ...

class SessionExpired(UnauthorizedException):
    ...

class Ticket(_Model):
    ticket: str
    local_vars_configuration: ModelSettings | None

class TlsError(ApiConnectionError):
    ...

class TooManyRequestsException(_Throttled):
    ...

class UnauthorizedException(ApiException):
    ...

class UnprocessableEntityException(ApiException):
    ...

class _Misuse(OpenApiException):
    def __init__(msg: str, path_to_item: Sequence[str | int] | None = None) -> None: ...
    path_to_item = ...

class _BaseClient(_LegacyClient):
    call_api: Callable[..., Any]
    def __init__(transport: Transport, configuration: Configuration, header_name: str | None, header_value: str | None, cookie: str | None) -> None: ...
    configuration = ...
    rest_client = ...
    default_headers = ...
    user_agent: str
    cookie: str | None
    client_side_validation = ...
    left_out: list[str]
    def renew_after_fork() -> None: ...
    last_response: Response | None
    def set_default_header(header_name: str, header_value: str | None) -> None: ...
    async def execute(operation: Operation, arguments: Opaque[Mapping[str, Any]], options: RequestOptions = DATA_ONLY) -> Any: ...
    def own_settings() -> dict[str, Any]: ...

class _Model(_Kept):
    openapi_types: dict[str, str]
    attribute_map: dict[str, str]
    def __init__(*args: Any, **values: Any) -> None: ...
    local_vars_configuration = ...
    additional_properties: dict[str, Any]
    def to_dict() -> dict[str, Any]: ...
    def to_json() -> str: ...
    @classmethod
    def from_dict(values: Mapping[str, Any]) -> Self: ...
    def to_str() -> str: ...

class _LegacySettings():
    username: str | None
    password: str | None
    logger_format: str
    def get_api_key_with_prefix(identifier: str) -> str | None: ...
    def get_basic_auth_token() -> str: ...
    def auth_settings() -> dict[str, dict[str, Any]]: ...
    def to_debug_report() -> str: ...
    def get_host_settings() -> list[dict[str, Any]]: ...
    def get_host_from_settings(index: int | None, variables: Mapping[str, str] | None = None) -> str: ...
    logger: dict[str, logging.Logger]
    logger_formatter: logging.Formatter
    logger_stream_handler: logging.StreamHandler[Any] | None
    logger_file_handler: logging.FileHandler | None

class _Throttled(ApiException):
    def __init__(*args: Any, **details: Any) -> None: ...
    retry_after = ...

class _Calls():
    auth: AuthApi

class _BaseSession():
    def __init__(client: SessionCalls, new_condition: Callable[[], Condition], login: Opaque[dict[str, Any]]) -> None: ...
    user: ElementsUserDetail

class _LegacyClient():
    configuration: Any
    PRIMITIVE_TYPES: tuple[type, ...]
    NATIVE_TYPES_MAPPING: dict[str, type]
    def sanitize_for_serialization(obj: Any) -> Any: ...
    def deserialize(response: Any, response_type: str | type) -> Any: ...
    def select_header_accept(accepts: Sequence[str]) -> str | None: ...
    def select_header_content_type(content_types: Sequence[str]) -> str: ...
    def parameters_to_tuples(params: Any, collection_formats: Mapping[str, str] | None) -> list[tuple[str, Any]]: ...
    def files_parameters(files: Mapping[str, Any] | None = None) -> list[tuple[str, tuple[str, bytes, str]]]: ...
    def update_params_for_auth(headers: MutableMapping[str, str], querys: Any, auth_settings: Sequence[str] | None) -> None: ...

class _Kept():
    local_vars_configuration: ModelSettings | None
