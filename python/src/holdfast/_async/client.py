"""The client of one server and one project."""

from __future__ import annotations

from types import TracebackType

import httpx

from holdfast._async.connected_accounts import AsyncConnectedAccounts
from holdfast._async.http import AsyncHttp
from holdfast._async.resources import (
    AsyncApiKeys,
    AsyncApps,
    AsyncConnectLinks,
    AsyncEntities,
    AsyncIntegrations,
    AsyncProjects,
)
from holdfast._core import AsyncClock, read_settings
from holdfast.models import ExpectedParams


class AsyncHoldfast:
    """Connects your users to third-party apps through a Holdfast server.

    `api_key` and `base_url` fall back to HOLDFAST_API_KEY and HOLDFAST_BASE_URL, the address then to
    http://127.0.0.1:4280. `timeout` is in seconds, for each request. A GET is tried up to three times on 429, 502 to
    504 and broken connections; a write never is. Close the client, or use it in a `with` block.
    `transport` and `clock` are for tests.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        clock: AsyncClock | None = None,
    ) -> None:
        self._settings = read_settings(api_key, base_url, timeout)
        self._http = AsyncHttp(self._settings, transport, clock or AsyncClock())
        self.apps = AsyncApps(self._http)
        self.integrations = AsyncIntegrations(self._http)
        self.connected_accounts = AsyncConnectedAccounts(self._http, self.integrations)
        self.connect_links = AsyncConnectLinks(self._http)
        self.entities = AsyncEntities(self._http)
        self.projects = AsyncProjects(self._http)
        self.api_keys = AsyncApiKeys(self._http)

    @property
    def base_url(self) -> str:
        return self._settings.base_url

    async def get_expected_params(
        self, app: str | None = None, *, integration_id: str | None = None, auth_scheme: str | None = None
    ) -> ExpectedParams:
        """What to ask the user before `connected_accounts.initiate`, for an app or for one integration.

        Raises NotFoundError when the app has no enabled integration in this project.
        """
        if integration_id is None:
            integration = await self.integrations.get_for_app(app, auth_scheme=auth_scheme)
        else:
            integration = await self.integrations.get(integration_id)
        return ExpectedParams(integration.id, integration.auth_scheme, integration.expected_params)

    async def aclose(self) -> None:
        """Closes the connections to the server."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncHoldfast:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"
