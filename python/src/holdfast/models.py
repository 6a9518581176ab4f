"""What the server answers, as frozen objects.

Unknown fields are kept in `raw` and never break parsing, so an older SDK works with a newer server. Secrets are left
out of `repr()` and `str()`; they are read through their attribute only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

Json = Mapping[str, Any]
Item = TypeVar("Item")

AccountStatus = Literal["INITIATED", "ACTIVE", "FAILED", "EXPIRED"]


class ConnectionParams(dict[str, Any]):
    """The raw credentials of an account: tokens or keys, `base_url`, ready-made `headers` and `queryParams`.

    A dict in every respect, except that printing it shows the names and not the values.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}=***' for name in self)})"

    __str__ = __repr__


@dataclass(frozen=True)
class Identity:
    """Whose account it is at the app, as far as the app tells."""

    id: str
    name: str | None
    email: str | None
    avatar: str | None

    @classmethod
    def from_wire(cls, body: Json) -> Identity:
        return cls(_text(body, "id"), body.get("name"), body.get("email"), body.get("avatar"))


@dataclass(frozen=True)
class StatusReason:
    """Why an account is in its state. `code` is stable, `message` a plain sentence."""

    code: str
    message: str
    must_act: str
    """`endUser`, `operator`, `developer` or `nobody`."""

    @classmethod
    def from_wire(cls, body: Json) -> StatusReason:
        return cls(_text(body, "code"), _text(body, "message"), _text(body, "mustAct"))


@dataclass(frozen=True)
class AuthParam:
    """One header or query parameter of a call to the app."""

    name: str
    in_: str
    """`header` or `query`."""
    value: str = field(repr=False)


@dataclass(frozen=True)
class SignedCall:
    """Where a signed call goes, and the headers to send besides your own."""

    url: str
    headers: dict[str, str] = field(repr=False)

    @classmethod
    def from_wire(cls, body: Json) -> SignedCall:
        return cls(url=_text(body, "url"), headers={str(name): str(value) for name, value in body["headers"].items()})


@dataclass(frozen=True)
class AuthParams:
    """What one HTTP call to the app needs. `headers` and `query` can be handed to any HTTP client."""

    base_url: str
    params: tuple[AuthParam, ...]
    body: ConnectionParams

    @property
    def headers(self) -> dict[str, str]:
        return {param.name: param.value for param in self.params if param.in_ == "header"}

    @property
    def query(self) -> dict[str, str]:
        return {param.name: param.value for param in self.params if param.in_ == "query"}

    @classmethod
    def from_wire(cls, body: Json) -> AuthParams:
        params = body.get("params") or body.get("parameters") or ()
        return cls(
            base_url=_text(body, "base_url"),
            params=tuple(AuthParam(_text(item, "name"), _text(item, "in"), _text(item, "value")) for item in params),
            body=ConnectionParams(body.get("body") or {}),
        )


@dataclass(frozen=True)
class ConnectedAccount:
    """What an entity granted through one integration."""

    id: str
    status: str
    """`INITIATED`, `ACTIVE`, `FAILED` or `EXPIRED` (see `AccountStatus`); a later server may know more."""
    status_reason: StatusReason | None
    enabled: bool
    entity_id: str
    integration_id: str
    app_key: str
    app_name: str
    auth_scheme: str
    identity: Identity | None
    verification: str
    """`verified` when the app's test call accepted the credential, else `unverified` or `not_checked`."""
    labels: tuple[str, ...]
    requested_scopes: tuple[str, ...] | None
    granted_scopes: tuple[str, ...] | None
    missing_scopes: tuple[str, ...]
    """Those asked for that the app did not give, where it says."""
    duplicate_of: tuple[str, ...]
    """Other accounts of the project that are the same account at the app; only `get` tells."""
    expires_at: datetime | None
    """When the access token ends; None when it does not, or is unknown."""
    simulated: bool
    created_at: datetime | None
    updated_at: datetime | None
    connection_params: ConnectionParams = field(repr=False)
    """Empty unless the account is ACTIVE and enabled, and was read by `get`."""
    auth_params: AuthParams | None = field(repr=False)
    raw: Json = field(repr=False, compare=False)

    def without_credentials(self) -> ConnectedAccount:
        """The same account for places that may be printed or stored."""
        secret = {"connectionParams", "params", "parameters", "body", "base_url"}
        raw = {name: value for name, value in self.raw.items() if name not in secret}
        return replace(self, connection_params=ConnectionParams(), auth_params=None, raw=raw)

    @classmethod
    def from_wire(cls, body: Json) -> ConnectedAccount:
        identity, reason = body.get("identity"), body.get("statusReason")
        app_key = _text(body, "appUniqueId") or _text(body, "appName")
        return cls(
            id=_text(body, "id") or _text(body, "connectedAccountId"),
            status=_text(body, "status"),
            status_reason=StatusReason.from_wire(reason) if reason else None,
            enabled=bool(body.get("enabled", not body.get("isDisabled", False))),
            entity_id=_text(body, "entityId") or _text(body, "clientUniqueUserId") or "default",
            integration_id=_text(body, "integrationId"),
            app_key=app_key,
            app_name=_text(body, "appName") or app_key,
            auth_scheme=_text(body, "authScheme"),
            identity=Identity.from_wire(identity) if identity else None,
            verification=_text(body, "verification"),
            labels=_texts(body.get("labels")) or (),
            requested_scopes=_texts(body.get("requestedScopes")),
            granted_scopes=_texts(body.get("grantedScopes")),
            missing_scopes=_texts(body.get("missingScopes")) or (),
            duplicate_of=_texts(body.get("duplicateOf")) or (),
            expires_at=_time(body, "expiresAt"),
            simulated=bool(body.get("simulated", False)),
            created_at=_time(body, "createdAt"),
            updated_at=_time(body, "updatedAt"),
            connection_params=ConnectionParams(body.get("connectionParams") or {}),
            auth_params=AuthParams.from_wire(body) if body.get("parameters") or body.get("params") else None,
            raw=body,
        )


@dataclass(frozen=True)
class AccountEvent:
    """Something that happened to an account."""

    id: str
    type: str
    """Stable: `connected_account.expired` and others."""
    timestamp: datetime | None
    sequence: int
    """Counts the events of the account from 1."""
    status: str
    previous_status: str | None
    status_reason: StatusReason | None

    @classmethod
    def from_wire(cls, body: Json) -> AccountEvent:
        reason = body.get("statusReason")
        return cls(
            id=_text(body, "id"),
            type=_text(body, "type"),
            timestamp=_time(body, "timestamp"),
            sequence=int(body.get("sequence", 0)),
            status=_text(body, "status"),
            previous_status=body.get("previousStatus"),
            status_reason=StatusReason.from_wire(reason) if reason else None,
        )


@dataclass(frozen=True)
class RevokedToken:
    """What became of one token, or of the key that the person typed in."""

    type: str
    """`refresh_token`, `access_token` or `credential`."""
    status: str
    message: str | None


@dataclass(frozen=True)
class Revocation:
    """A grant on its way back to the app."""

    id: str
    connected_account_id: str
    app_key: str
    status: str
    """`pending`, `revoked`, `unsupported` when the app cannot take it back, or `failed`."""
    tokens: tuple[RevokedToken, ...]
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None

    @classmethod
    def from_wire(cls, body: Json) -> Revocation:
        return cls(
            id=_text(body, "id"),
            connected_account_id=_text(body, "connectedAccountId"),
            app_key=_text(body, "appName"),
            status=_text(body, "status"),
            tokens=tuple(
                RevokedToken(_text(token, "type"), _text(token, "status"), token.get("message"))
                for token in body.get("tokens") or ()
            ),
            attempts=int(body.get("attempts", 0)),
            next_attempt_at=_time(body, "nextAttemptAt"),
            created_at=_time(body, "createdAt"),
            updated_at=_time(body, "updatedAt"),
        )


@dataclass(frozen=True)
class Entity:
    """A user or tenant of yours, with how many accounts it has."""

    id: str
    total_accounts: int
    accounts_by_status: Mapping[str, int]
    created_at: datetime | None

    @classmethod
    def from_wire(cls, body: Json) -> Entity:
        accounts = body.get("accounts") or {}
        return cls(
            id=_text(body, "id"),
            total_accounts=int(accounts.get("total", 0)),
            accounts_by_status=dict(accounts.get("byStatus") or {}),
            created_at=_time(body, "createdAt"),
        )


@dataclass(frozen=True)
class ImportedAccount:
    """One account of an import, in the order of the items sent."""

    connected_account_id: str
    external_id: str | None
    is_new: bool
    """False when an earlier import made it; it was left as it is."""
    status: str
    status_reason: StatusReason | None
    verification: str

    @classmethod
    def from_wire(cls, body: Json) -> ImportedAccount:
        reason = body.get("statusReason")
        return cls(
            connected_account_id=_text(body, "connectedAccountId"),
            external_id=body.get("externalId"),
            is_new=bool(body.get("isNew", False)),
            status=_text(body, "status"),
            status_reason=StatusReason.from_wire(reason) if reason else None,
            verification=_text(body, "verification"),
        )


@dataclass(frozen=True)
class ExpectedParam:
    """An input that must be collected from the user. All values are given as strings."""

    name: str
    display_name: str
    description: str
    type: str
    required: bool
    secret: bool
    from_customer: bool
    """False for what the operator sets once for an integration: do not ask the user."""
    default: str | None
    example: str | None
    pattern: str | None
    help_url: str | None
    options: tuple[str, ...] | None
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def from_wire(cls, body: Json) -> ExpectedParam:
        return cls(
            name=_text(body, "name"),
            display_name=_text(body, "displayName") or _text(body, "display_name") or _text(body, "name"),
            description=_text(body, "description"),
            type=_text(body, "type") or "string",
            required=bool(body.get("required", False)),
            secret=bool(body.get("is_secret", False)),
            from_customer=bool(body.get("expected_from_customer", True)),
            default=body.get("default"),
            example=body.get("example"),
            pattern=body.get("pattern"),
            help_url=body.get("help_url"),
            options=_texts(body.get("options")),
            raw=body,
        )


@dataclass(frozen=True)
class ExpectedParams:
    """What to ask the user before `initiate`, and the integration to initiate with."""

    integration_id: str
    auth_scheme: str
    params: tuple[ExpectedParam, ...]

    def missing(self, given: Mapping[str, str]) -> tuple[ExpectedParam, ...]:
        """The params the user must give, that have no default, and that `given` lacks or leaves empty."""
        asked = (param for param in self.params if param.required and param.from_customer and not param.default)
        return tuple(param for param in asked if not given.get(param.name))


@dataclass(frozen=True)
class Integration:
    """An app + one auth scheme + the operator's settings."""

    id: str
    name: str
    app_key: str
    auth_scheme: str
    enabled: bool
    scopes: tuple[str, ...] | None
    client_id: str | None
    has_client_secret: bool
    redirect_uri: str | None
    """Register this one at the app, for OAuth."""
    simulated: bool
    is_default: bool
    expected_params: tuple[ExpectedParam, ...]
    created_at: datetime | None
    updated_at: datetime | None
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def from_wire(cls, body: Json) -> Integration:
        return cls(
            id=_text(body, "id"),
            name=_text(body, "name"),
            app_key=_text(body, "appName") or _text(body, "appId"),
            auth_scheme=_text(body, "authScheme"),
            enabled=bool(body.get("enabled", True)),
            scopes=_texts(body.get("scopes")),
            client_id=body.get("clientId"),
            has_client_secret=bool(body.get("hasClientSecret", False)),
            redirect_uri=body.get("redirectUri"),
            simulated=bool(body.get("simulated", False)),
            is_default=bool(body.get("isDefault", False)),
            expected_params=tuple(ExpectedParam.from_wire(item) for item in body.get("expectedInputFields") or ()),
            created_at=_time(body, "createdAt"),
            updated_at=_time(body, "updatedAt"),
            raw=body,
        )


@dataclass(frozen=True)
class App:
    """An entry of the catalog, or one of the project's own."""

    key: str
    name: str
    description: str
    logo: str | None
    categories: tuple[str, ...]
    docs: str | None
    auth_schemes: tuple[str, ...]
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def from_wire(cls, body: Json) -> App:
        schemes = body.get("auth_schemes") or ()
        return cls(
            key=_text(body, "key"),
            name=_text(body, "name"),
            description=_text(body, "description"),
            logo=body.get("logo"),
            categories=_texts(body.get("categories")) or (),
            docs=body.get("docs"),
            auth_schemes=tuple(_text(scheme, "mode") or _text(scheme, "auth_mode") for scheme in schemes),
            raw=body,
        )


@dataclass(frozen=True)
class ConnectLink:
    """A hosted page where a person picks an app and connects. The URL is the way in: hand it to that person only."""

    id: str
    url: str = field(repr=False)
    entity_id: str
    redirect_uri: str | None
    expires_at: datetime | None
    created_at: datetime | None

    @classmethod
    def from_wire(cls, body: Json) -> ConnectLink:
        return cls(
            id=_text(body, "id"),
            url=_text(body, "url"),
            entity_id=_text(body, "entityId"),
            redirect_uri=body.get("redirectUri"),
            expires_at=_time(body, "expiresAt"),
            created_at=_time(body, "createdAt"),
        )


@dataclass(frozen=True)
class Project:
    """An isolated workspace. `mode` is `test` or `live`."""

    id: str
    name: str
    mode: str
    allowed_redirect_urls: tuple[str, ...]
    created_at: datetime | None
    updated_at: datetime | None
    api_key: str | None = field(repr=False)
    """The first key, in the answer to `create` only; it cannot be read again."""

    @classmethod
    def from_wire(cls, body: Json) -> Project:
        return cls(
            id=_text(body, "id"),
            name=_text(body, "name"),
            mode=_text(body, "mode"),
            allowed_redirect_urls=_texts(body.get("allowedRedirectUrls")) or (),
            created_at=_time(body, "createdAt"),
            updated_at=_time(body, "updatedAt"),
            api_key=body.get("apiKey"),
        )


@dataclass(frozen=True)
class ApiKey:
    """A key of a project, without its text."""

    id: str
    name: str
    hint: str
    """The last four characters, to tell keys apart."""
    created_at: datetime | None
    expires_at: datetime | None
    key: str | None = field(repr=False)
    """The text, in the answer to `create` and `rotate` only; it cannot be read again."""
    scopes: tuple[str, ...] | None = None
    """What it may do; None: all."""
    entity_ids: tuple[str, ...] | None = None
    """What it reaches; None: all of the project."""
    integration_ids: tuple[str, ...] | None = None
    connected_account_ids: tuple[str, ...] | None = None
    previous_expires_at: datetime | None = None
    """In the answer to `rotate`: when the old key stops working."""

    @classmethod
    def from_wire(cls, body: Json) -> ApiKey:
        return cls(
            id=_text(body, "id"),
            name=_text(body, "name"),
            hint=_text(body, "hint"),
            created_at=_time(body, "createdAt"),
            expires_at=_time(body, "expiresAt"),
            key=body.get("key"),
            scopes=_texts(body.get("scopes")),
            entity_ids=_texts(body.get("entityIds")),
            integration_ids=_texts(body.get("integrationIds")),
            connected_account_ids=_texts(body.get("connectedAccountIds")),
            previous_expires_at=_time(body, "previousExpiresAt"),
        )


@dataclass(frozen=True)
class EntitySession:
    """A token for the browser of one entity: it starts connections and lists accounts, and reads no credential."""

    id: str
    entity_id: str
    token: str = field(repr=False)
    """Shown this once."""
    integration_ids: tuple[str, ...] | None
    allowed_origins: tuple[str, ...] | None
    expires_at: datetime | None

    @classmethod
    def from_wire(cls, body: Json) -> EntitySession:
        return cls(
            id=_text(body, "id"),
            entity_id=_text(body, "entityId"),
            token=_text(body, "token"),
            integration_ids=_texts(body.get("integrationIds")),
            allowed_origins=_texts(body.get("allowedOrigins")),
            expires_at=_time(body, "expiresAt"),
        )


@dataclass(frozen=True)
class FailNextTokenCalls:
    """How the simulated token endpoint misbehaves for the next `times` calls."""

    times: int
    status: int | None = None
    body: str | None = None
    delay_ms: int | None = None
    drop_answer: bool | None = None

    def to_wire(self) -> dict[str, Any]:
        wire = {
            "times": self.times,
            "status": self.status,
            "body": self.body,
            "delayMs": self.delay_ms,
            "dropAnswer": self.drop_answer,
        }
        return {name: value for name, value in wire.items() if value is not None}


@dataclass(frozen=True)
class SimulatorState:
    """What the simulator remembers of an account's grant."""

    access_token_expires_at: datetime | None
    revoked: bool
    rotate_refresh_tokens: bool
    pending_failures: int
    token_calls: int

    @classmethod
    def from_wire(cls, body: Json) -> SimulatorState:
        return cls(
            access_token_expires_at=_time(body, "accessTokenExpiresAt"),
            revoked=bool(body.get("revoked", False)),
            rotate_refresh_tokens=bool(body.get("rotateRefreshTokens", False)),
            pending_failures=int(body.get("pendingFailures", 0)),
            token_calls=int(body.get("tokenCalls", 0)),
        )


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list; iterating gives its items. `page` counts from 1."""

    items: tuple[Item, ...]
    page: int
    total_pages: int
    total_items: int

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    return "" if value is None else str(value)


def _texts(values: Sequence[Any] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(str(value) for value in values)


def _time(body: Json, name: str) -> datetime | None:
    value = body.get(name)
    if not isinstance(value, str):
        return None
    try:
        # Python 3.10 does not read the `Z` of ISO 8601.
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
