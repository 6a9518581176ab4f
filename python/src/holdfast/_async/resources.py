"""Apps, integrations, connect links, projects and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from holdfast._async.http import AsyncHttp
from holdfast._async.listing import AsyncListing
from holdfast._core import Query, given, segment
from holdfast.errors import NotFoundError, invalid_input
from holdfast.models import ApiKey, App, ConnectLink, Entity, EntitySession, Integration, Project, Revocation


class AsyncApps:
    """The catalog, and the project's own apps."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    async def list(
        self, *, search: str | None = None, category: str | None = None, auth_scheme: str | None = None
    ) -> tuple[App, ...]:
        """All apps, or those that match."""
        query = {"search": search, "category": category, "authScheme": auth_scheme}
        answer = await self._http.request("GET", "/v1/apps", query=query)
        return tuple(App.from_wire(item) for item in answer["items"])

    async def get(self, key: str) -> App:
        """One app by its key, in any case. Raises NotFoundError."""
        return App.from_wire(await self._http.request("GET", f"/v1/apps/{segment(key, 'key')}"))

    async def create(self, definition: Mapping[str, Any]) -> App:
        """Adds an app of the project's own, in the format of the catalog. Raises ValidationError naming the field."""
        return App.from_wire(await self._http.request("POST", "/v1/apps", body=dict(definition)))

    async def update(self, key: str, changes: Mapping[str, Any]) -> App:
        """Replaces top-level fields of one of the project's own apps."""
        return App.from_wire(await self._http.request("PATCH", f"/v1/apps/{segment(key, 'key')}", body=dict(changes)))

    async def delete(self, key: str) -> None:
        """Deletes one of the project's own apps. Raises BadRequestError while accounts of it exist."""
        await self._http.request("DELETE", f"/v1/apps/{segment(key, 'key')}")


class AsyncEntities:
    """Your users and tenants, as the server knows them: by your own ids."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    def list(self, *, search: str | None = None, page_size: int = 100) -> AsyncListing[Entity]:
        """Newest first; `search` is a part of the id, in any case. Iterate it, or ask for one `page()`."""
        query: Query = {"search": search, "pageSize": page_size}
        return AsyncListing(self._http, "/v1/entities", query, Entity.from_wire)

    async def get(self, entity_id: str) -> Entity:
        """One entity, with how many accounts it has. Raises NotFoundError."""
        return Entity.from_wire(await self._http.request("GET", f"/v1/entities/{segment(entity_id, 'entity_id')}"))

    async def delete(self, entity_id: str) -> tuple[Revocation, ...]:
        """Revokes and deletes every account of the entity and every trace of it. Returns what becomes of each grant."""
        answer = await self._http.request("DELETE", f"/v1/entities/{segment(entity_id, 'entity_id')}")
        return tuple(Revocation.from_wire(account["revocation"]) for account in answer["accounts"])

    async def create_session(
        self,
        entity_id: str,
        *,
        expires_in_seconds: int | None = None,
        integration_ids: Sequence[str] | None = None,
        allowed_origins: Sequence[str] | None = None,
    ) -> EntitySession:
        """A token for the entity's own browser: it starts connections and lists accounts, and reads no credential."""
        body = given(
            expiresInSeconds=expires_in_seconds,
            integrationIds=list(integration_ids) if integration_ids is not None else None,
            allowedOrigins=list(allowed_origins) if allowed_origins is not None else None,
        )
        path = f"/v1/entities/{segment(entity_id, 'entity_id')}/sessions"
        return EntitySession.from_wire(await self._http.request("POST", path, body=body))

    async def end_sessions(self, entity_id: str) -> None:
        """Ends all its sessions."""
        await self._http.request("DELETE", f"/v1/entities/{segment(entity_id, 'entity_id')}/sessions")


class AsyncIntegrations:
    """An app + one auth scheme + the operator's settings. In a test project every catalog app has one already."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    def list(
        self, *, app: str | None = None, show_disabled: bool | None = None, page_size: int = 100
    ) -> AsyncListing[Integration]:
        """Newest first, but an app's preferred scheme before its others. Iterate it, or ask for one `page()`."""
        query: Query = {"appName": app, "showDisabled": show_disabled, "pageSize": page_size}
        return AsyncListing(self._http, "/v1/integrations", query, Integration.from_wire)

    async def get_for_app(self, app: str | None, *, auth_scheme: str | None = None) -> Integration:
        """The integration that is meant when only an app is named: its first enabled one, of that scheme if given.

        Raises NotFoundError for an unknown app, or when it has no such integration.
        """
        if not app:
            raise invalid_input(
                "app", "is missing, and no integration_id was given", "Pass app='gmail', or an integration_id."
            )
        async for integration in self.list(app=app, show_disabled=False):
            if auth_scheme is None or integration.auth_scheme == auth_scheme.upper():
                return await self.get(integration.id)
        key = (await self._http.request("GET", f"/v1/apps/{segment(app, 'app')}"))["key"]
        scheme = f" with {auth_scheme.upper()}" if auth_scheme is not None else ""
        raise NotFoundError(
            f"The project has no enabled integration of {key}{scheme}.",
            code="not_found",
            fix=f"Create one: integrations.create(app={key!r}, …).",
        )

    async def get(self, integration_id: str) -> Integration:
        """One integration, with the params it expects. Raises NotFoundError."""
        path = f"/v1/integrations/{segment(integration_id, 'integration_id')}"
        return Integration.from_wire(await self._http.request("GET", path))

    async def create(
        self,
        *,
        app: str,
        name: str | None = None,
        auth_scheme: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        scopes: Sequence[str] | None = None,
        params: Mapping[str, str] | None = None,
        simulated: bool | None = None,
    ) -> Integration:
        """Adds an integration; for OAuth with the client you registered at the app, and what else it wants of you."""
        body = given(
            appId=str(app),
            name=name,
            authScheme=auth_scheme,
            clientId=client_id,
            clientSecret=client_secret,
            scopes=list(scopes) if scopes is not None else None,
            params=dict(params) if params is not None else None,
            simulated=simulated,
        )
        return Integration.from_wire(await self._http.request("POST", "/v1/integrations", body=body))

    async def update(
        self,
        integration_id: str,
        *,
        name: str | None = None,
        enabled: bool | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        scopes: Sequence[str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Integration:
        """Changes what is given and leaves the rest."""
        body = given(
            name=name,
            enabled=enabled,
            clientId=client_id,
            clientSecret=client_secret,
            scopes=list(scopes) if scopes is not None else None,
            params=dict(params) if params is not None else None,
        )
        path = f"/v1/integrations/{segment(integration_id, 'integration_id')}"
        await self._http.request("PATCH", path, body=body)
        return await self.get(integration_id)

    async def delete(self, integration_id: str) -> None:
        """Deletes the integration and all its accounts."""
        await self._http.request("DELETE", f"/v1/integrations/{segment(integration_id, 'integration_id')}")


class AsyncConnectLinks:
    """Hosted pages where a person picks an app and connects."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    async def create(
        self,
        *,
        entity_id: str,
        apps: Sequence[str] | None = None,
        integration_ids: Sequence[str] | None = None,
        redirect_uri: str | None = None,
    ) -> ConnectLink:
        """Makes a link for one entity. With neither apps nor integrations named, all enabled ones are offered."""
        body = given(
            entityId=entity_id,
            apps=[str(app) for app in apps] if apps is not None else None,
            integrationIds=list(integration_ids) if integration_ids is not None else None,
            redirectUri=redirect_uri,
        )
        return ConnectLink.from_wire(await self._http.request("POST", "/v1/connectLinks", body=body))


class AsyncProjects:
    """Isolated workspaces. All but `current` need the operator's key."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    async def current(self) -> Project:
        """The project of the key in use."""
        return Project.from_wire(await self._http.request("GET", "/v1/project"))

    async def list(self) -> tuple[Project, ...]:
        answer = await self._http.request("GET", "/v1/projects")
        return tuple(Project.from_wire(item) for item in answer["items"])

    async def get(self, project_id: str) -> Project:
        return Project.from_wire(await self._http.request("GET", f"/v1/projects/{segment(project_id, 'project_id')}"))

    async def create(
        self, *, name: str, mode: str = "test", allowed_redirect_urls: Sequence[str] | None = None
    ) -> Project:
        """Makes a project, `test` or `live`. `api_key` of the answer is its first key, shown this once."""
        urls = list(allowed_redirect_urls) if allowed_redirect_urls is not None else None
        body = given(name=name, mode=mode, allowedRedirectUrls=urls)
        return Project.from_wire(await self._http.request("POST", "/v1/projects", body=body))

    async def update(
        self, project_id: str, *, name: str | None = None, allowed_redirect_urls: Sequence[str] | None = None
    ) -> Project:
        """Changes what is given and leaves the rest."""
        urls = list(allowed_redirect_urls) if allowed_redirect_urls is not None else None
        body = given(name=name, allowedRedirectUrls=urls)
        path = f"/v1/projects/{segment(project_id, 'project_id')}"
        return Project.from_wire(await self._http.request("PATCH", path, body=body))

    async def delete(self, project_id: str) -> None:
        """Deletes the project and all it owns."""
        await self._http.request("DELETE", f"/v1/projects/{segment(project_id, 'project_id')}")


class AsyncApiKeys:
    """Keys of a project. Needs the operator's key."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    async def list(self, project_id: str) -> tuple[ApiKey, ...]:
        answer = await self._http.request("GET", f"/v1/projects/{segment(project_id, 'project_id')}/apiKeys")
        return tuple(ApiKey.from_wire(item) for item in answer["items"])

    async def create(
        self,
        project_id: str,
        *,
        name: str,
        expires_at: datetime | None = None,
        scopes: Sequence[str] | None = None,
        entity_ids: Sequence[str] | None = None,
        integration_ids: Sequence[str] | None = None,
        connected_account_ids: Sequence[str] | None = None,
    ) -> ApiKey:
        """Makes a key, limited to what is given. `key` of the answer is its text, shown this once.

        `expires_at` must know its time zone.
        """
        body = given(
            name=name,
            expiresAt=expires_at.isoformat() if expires_at is not None else None,
            scopes=list(scopes) if scopes is not None else None,
            entityIds=list(entity_ids) if entity_ids is not None else None,
            integrationIds=list(integration_ids) if integration_ids is not None else None,
            connectedAccountIds=list(connected_account_ids) if connected_account_ids is not None else None,
        )
        path = f"/v1/projects/{segment(project_id, 'project_id')}/apiKeys"
        return ApiKey.from_wire(await self._http.request("POST", path, body=body))

    async def rotate(self, project_id: str, key_id: str, *, overlap_seconds: int | None = None) -> ApiKey:
        """Replaces a key by one that may do the same. The old one works on for `overlap_seconds`, by default a day."""
        path = f"/v1/projects/{segment(project_id, 'project_id')}/apiKeys/{segment(key_id, 'key_id')}/rotate"
        body = given(overlapSeconds=overlap_seconds)
        return ApiKey.from_wire(await self._http.request("POST", path, body=body))

    async def delete(self, project_id: str, key_id: str) -> None:
        """Ends a key at once."""
        path = f"/v1/projects/{segment(project_id, 'project_id')}/apiKeys/{segment(key_id, 'key_id')}"
        await self._http.request("DELETE", path)
