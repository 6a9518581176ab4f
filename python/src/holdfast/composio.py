"""The class names of existing Composio code: change the import line and keep the rest.

    from holdfast.composio import ComposioToolSet, App

Settings come from HOLDFAST_API_KEY and HOLDFAST_BASE_URL, else COMPOSIO_API_KEY and COMPOSIO_BASE_URL (with or without
the `/api` at its end). Objects keep their camelCase names. Errors are those of `holdfast.errors`.

Here, and only here, printing `get_auth_params(...)` or `connectionParams` shows the credentials, because the code being
moved prints them to look at them. `repr()`, which loggers and tracebacks use, still hides them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypedDict

import httpx

from holdfast import models
from holdfast._core import read_settings
from holdfast._sync.client import Holdfast
from holdfast.errors import FieldError, NotFoundError, ValidationError

__all__ = [
    "App",
    "AuthParams",
    "ComposioToolSet",
    "ConnectedAccount",
    "ConnectionParams",
    "ConnectionRequest",
    "Entity",
    "ExpectedParam",
    "ExpectedParamsResponse",
]


class _AppNames(type):
    """Makes every attribute an app, so that an app added to the server needs no new SDK."""

    def __getattr__(cls, name: str) -> App:
        if name.startswith("_"):
            raise AttributeError(name)
        return App(name)


class App(str, metaclass=_AppNames):
    """The key of an app; any name works. `App.LINEAR`, `App("linear")` and `"linear"` are equal."""

    def __new__(cls, name: str) -> App:
        return super().__new__(cls, name.lower())

    @property
    def value(self) -> str:
        return str(self)

    @property
    def name(self) -> str:
        return self.upper()

    @property
    def slug(self) -> str:
        return self.upper()

    def __repr__(self) -> str:
        return f"App.{self.name}"


class ConnectionParams(models.ConnectionParams):
    """The raw credentials, by key or by attribute; a name that is absent is None as an attribute.

    `str()` shows the values, `repr()` hides them.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name)

    def __str__(self) -> str:
        return str(dict(self))


@dataclass(frozen=True)
class AuthParams:
    """What one HTTP call to the app needs. `str()` shows the values, `repr()` hides them."""

    base_url: str
    parameters: tuple[models.AuthParam, ...]
    body: ConnectionParams = field(repr=False)

    @property
    def params(self) -> tuple[models.AuthParam, ...]:
        """The same as `parameters`, under the name the guide prints."""
        return self.parameters

    def __str__(self) -> str:
        params = [{"name": param.name, "in": param.in_, "value": param.value} for param in self.parameters]
        return str({"base_url": self.base_url, "params": params, "body": dict(self.body)})

    @classmethod
    def of(cls, params: models.AuthParams) -> AuthParams:
        return cls(params.base_url, params.params, ConnectionParams(params.body))


@dataclass(frozen=True)
class ConnectedAccount:
    """An account under the names existing code reads."""

    id: str
    status: str
    entityId: str
    integrationId: str
    appUniqueId: str
    appName: str
    createdAt: str
    updatedAt: str
    labels: tuple[str, ...]
    connectionParams: ConnectionParams = field(repr=False)
    account: models.ConnectedAccount = field(repr=False)
    """The same account as the Holdfast client sees it: identity, status reason, scopes."""

    @property
    def clientUniqueUserId(self) -> str:
        return self.entityId

    @property
    def connectedAccountId(self) -> str:
        return self.id

    @classmethod
    def of(cls, account: models.ConnectedAccount) -> ConnectedAccount:
        return cls(
            id=account.id,
            status=account.status,
            entityId=account.entity_id,
            integrationId=account.integration_id,
            appUniqueId=account.app_key,
            appName=account.app_name,
            createdAt=str(account.raw.get("createdAt", "")),
            updatedAt=str(account.raw.get("updatedAt", "")),
            labels=account.labels,
            connectionParams=ConnectionParams(account.connection_params),
            account=account,
        )


@dataclass(frozen=True)
class ConnectionRequest:
    """The attempt that creates a connected account."""

    connectedAccountId: str
    connectionStatus: str
    redirectUrl: str | None = field(repr=False)
    """Send the person here; None when nothing is left to approve."""
    _client: Holdfast = field(repr=False, compare=False)

    @property
    def status(self) -> str:
        """The same as `connectionStatus`: the status when the request was made."""
        return self.connectionStatus

    def wait_until_active(self, client: object = None, timeout: float = 60) -> ConnectedAccount:
        """Returns the account the moment it is ACTIVE. `client` is accepted from existing code and not needed.

        Raises ConnectionFailedError as soon as it ended FAILED or EXPIRED; WaitTimeoutError when time is up.
        """
        return ConnectedAccount.of(self._client.connected_accounts.wait_until_active(self.connectedAccountId, timeout))

    def save_user_access_data(
        self,
        client: object = None,
        field_inputs: Mapping[str, str] | None = None,
        redirect_url: str | None = None,
        entity_id: str | None = None,
    ) -> ConnectionRequest:
        """Initiates again through the same integration with the params the user gave; the result is a new account.

        `client` is accepted from existing code and not needed.
        """
        account = self._client.connected_accounts.get(self.connectedAccountId)
        return _initiate(
            self._client,
            integration_id=account.integration_id,
            entity_id=account.entity_id if entity_id is None else entity_id,
            params=field_inputs,
            redirect_url=redirect_url,
        )


@dataclass(frozen=True)
class ExpectedParam:
    """An input to collect from the user, as a string."""

    name: str
    displayName: str
    description: str
    type: str
    required: bool
    default: str | None
    is_secret: bool
    expected_from_customer: bool

    @property
    def display_name(self) -> str:
        return self.displayName

    @classmethod
    def of(cls, param: models.ExpectedParam) -> ExpectedParam:
        return cls(
            name=param.name,
            displayName=param.display_name,
            description=param.description,
            type=param.type,
            required=param.required,
            default=param.default,
            is_secret=param.secret,
            expected_from_customer=param.from_customer,
        )


class ExpectedParamsResponse(TypedDict):
    """What to collect, and the integration to initiate with."""

    expected_params: list[ExpectedParam]
    integration_id: str
    auth_scheme: str


class ComposioToolSet:
    """Connects accounts of your users. `client` is the Holdfast client behind it, for everything else."""

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        entity_id: str = "default",
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        settings = read_settings(api_key, base_url, timeout, prefixes=("HOLDFAST", "COMPOSIO"))
        self.client = Holdfast(settings.api_key, settings.base_url, timeout, transport)
        self.entity_id = entity_id

    def get_expected_params_for_user(
        self,
        app: str | None = None,
        integration_id: str | None = None,
        entity_id: str | None = None,
        auth_scheme: str | None = None,
    ) -> ExpectedParamsResponse:
        """What to ask the user before `initiate_connection`, for an app or an integration.

        `entity_id` is accepted from existing code: what is asked does not depend on it.
        """
        expected = self.client.get_expected_params(app, integration_id=integration_id, auth_scheme=auth_scheme)
        return {
            "expected_params": [ExpectedParam.of(param) for param in expected.params],
            "integration_id": expected.integration_id,
            "auth_scheme": expected.auth_scheme,
        }

    def initiate_connection(
        self,
        app: str | None = None,
        integration_id: str | None = None,
        labels: Sequence[str] | None = None,
        entity_id: str | None = None,
        redirect_url: str | None = None,
        connected_account_params: Mapping[str, str] | None = None,
        *,
        auth_scheme: str | None = None,
    ) -> ConnectionRequest:
        """Starts a connection. Params that are required and missing are named before anything is sent.

        Raises ValidationError; its `fields` and message name the param, its `fix` says how to pass it.
        """
        return _initiate(
            self.client,
            app=app,
            integration_id=integration_id,
            auth_scheme=auth_scheme,
            entity_id=self.entity_id if entity_id is None else entity_id,
            params=connected_account_params,
            redirect_url=redirect_url,
            labels=labels,
        )

    def get_connected_account(self, id: str) -> ConnectedAccount:
        """One account, with fresh `connectionParams` when it is ACTIVE."""
        return ConnectedAccount.of(self.client.connected_accounts.get(id))

    def get_connected_accounts(self) -> list[ConnectedAccount]:
        """All accounts of the project, of every entity. For those of one user: `get_entity(id).get_connections()`."""
        return [ConnectedAccount.of(account) for account in self.client.connected_accounts.list()]

    def get_auth_params(
        self, app: str | None = None, connection_id: str | None = None, entity_id: str | None = None
    ) -> AuthParams:
        """What one call to the app needs, of one account, or of an entity's newest account of an app.

        Printing the result shows the credentials; keep it out of logs.
        """
        if connection_id is None:
            connection_id = self.get_entity(entity_id).get_connection(app=app).id
        return AuthParams.of(self.client.connected_accounts.get_auth_params(connection_id))

    def get_entity(self, id: str | None = None) -> Entity:
        """One of your users; without an id the toolset's own entity."""
        return Entity(self.entity_id if id is None else id, self.client)

    def close(self) -> None:
        """Closes the connections to the server. A program that ends need not."""
        self.client.close()

    def __enter__(self) -> ComposioToolSet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True)
class Entity:
    """One user or tenant of yours, named by your own id."""

    id: str
    client: Holdfast = field(repr=False, compare=False)

    def get_connections(self) -> list[ConnectedAccount]:
        """The entity's ACTIVE and enabled accounts, newest first."""
        return [ConnectedAccount.of(account) for account in self._accounts()]

    def get_connection(self, app: str | None = None, connected_account_id: str | None = None) -> ConnectedAccount:
        """One account by its id, else the newest ACTIVE one of the app. Raises NotFoundError."""
        if connected_account_id is not None:
            account = self.client.connected_accounts.get(connected_account_id)
            if account.entity_id == self.id:
                return ConnectedAccount.of(account)
        elif app is None:
            raise ValidationError(
                "Neither app nor the id of a connected account was given.",
                code="validation_failed",
                fix="Name the account, or the app whose account is meant.",
            )
        else:
            newest = next(self._accounts(str(app)), None)
            if newest is not None:
                return ConnectedAccount.of(self.client.connected_accounts.get(newest.id))
        which = connected_account_id if app is None else f"of app {app.lower()!r}"
        raise NotFoundError(
            f"Entity {self.id!r} has no active account {which}.",
            code="not_found",
            fix="Connect one with initiate_connection, and check the entity id: accounts belong to one entity only.",
        )

    def initiate_connection(
        self,
        app_name: str | None = None,
        redirect_url: str | None = None,
        *,
        integration_id: str | None = None,
        auth_mode: str | None = None,
        connected_account_params: Mapping[str, str] | None = None,
        labels: Sequence[str] | None = None,
    ) -> ConnectionRequest:
        """Starts a connection of this entity; the same as the toolset's, which says what it raises."""
        return _initiate(
            self.client,
            app=app_name,
            integration_id=integration_id,
            auth_scheme=auth_mode,
            entity_id=self.id,
            params=connected_account_params,
            redirect_url=redirect_url,
            labels=labels,
        )

    def _accounts(self, app: str | None = None) -> Iterator[models.ConnectedAccount]:
        found = self.client.connected_accounts.list(entity_id=self.id, app=app, status="ACTIVE", show_disabled=False)
        return iter(sorted(found, key=lambda account: str(account.raw.get("createdAt", "")), reverse=True))


def _initiate(
    client: Holdfast,
    *,
    entity_id: str,
    app: str | None = None,
    integration_id: str | None = None,
    auth_scheme: str | None = None,
    params: Mapping[str, str] | None = None,
    redirect_url: str | None = None,
    labels: Sequence[str] | None = None,
) -> ConnectionRequest:
    expected = client.get_expected_params(app, integration_id=integration_id, auth_scheme=auth_scheme)
    _require(expected, params or {})
    request = client.connected_accounts.initiate(
        entity_id=entity_id,
        integration_id=expected.integration_id,
        data=params,
        redirect_uri=redirect_url,
        labels=labels,
    )
    return ConnectionRequest(
        connectedAccountId=request.connected_account_id,
        connectionStatus=request.status,
        redirectUrl=request.redirect_url,
        _client=client,
    )


def _require(expected: models.ExpectedParams, given: Mapping[str, str]) -> None:
    missing = expected.missing(given)
    if not missing:
        return
    names = ", ".join(f"{param.name} ({param.display_name})" for param in missing)
    example = ", ".join(f"{param.name!r}: '…'" for param in missing)
    raise ValidationError(
        f"Required {'param is' if len(missing) == 1 else 'params are'} missing: {names}.",
        code="validation_failed",
        fix=f"Ask the user and pass connected_account_params={{{example}}}, all as strings.",
        fields=[FieldError(f"data.{param.name}", "is required") for param in missing],
    )
