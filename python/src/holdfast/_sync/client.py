# Made from _async/client.py by scripts/unasync.py: edit that file, then run the script.
"""The client of one server and one project."""

from __future__ import annotations

from types import TracebackType

import httpx

from holdfast._sync.connected_accounts import ConnectedAccounts
from holdfast._sync.http import Http
from holdfast._sync.resources import (
    ApiKeys,
    Apps,
    ConnectLinks,
    Entities,
    Integrations,
    Projects,
)
from holdfast._core import Clock, read_settings
from holdfast.models import ExpectedParams


class Holdfast:
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
        transport: httpx.BaseTransport | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._settings = read_settings(api_key, base_url, timeout)
        self._http = Http(self._settings, transport, clock or Clock())
        self.apps = Apps(self._http)
        self.integrations = Integrations(self._http)
        self.connected_accounts = ConnectedAccounts(self._http, self.integrations)
        self.connect_links = ConnectLinks(self._http)
        self.entities = Entities(self._http)
        self.projects = Projects(self._http)
        self.api_keys = ApiKeys(self._http)

    @property
    def base_url(self) -> str:
        return self._settings.base_url

    def get_expected_params(
        self, app: str | None = None, *, integration_id: str | None = None, auth_scheme: str | None = None
    ) -> ExpectedParams:
        """What to ask the user before `connected_accounts.initiate`, for an app or for one integration.

        Raises NotFoundError when the app has no enabled integration in this project.
        """
        if integration_id is None:
            integration = self.integrations.get_for_app(app, auth_scheme=auth_scheme)
        else:
            integration = self.integrations.get(integration_id)
        return ExpectedParams(integration.id, integration.auth_scheme, integration.expected_params)

    def close(self) -> None:
        """Closes the connections to the server."""
        self._http.close()

    def __enter__(self) -> Holdfast:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"
