# Made from _async/connected_accounts.py by scripts/unasync.py: edit that file, then run the script.
"""Connected accounts and the requests that create or renew them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from holdfast._sync.http import Http
from holdfast._sync.resources import Integrations
from holdfast._core import LONGEST_WAIT_SECONDS, SHORTEST_WAIT_SECONDS, Query, given, segment
from holdfast.errors import ConnectionFailedError, ValidationError, WaitTimeoutError
from holdfast.models import (
    AuthParams,
    ConnectedAccount,
    FailNextTokenCalls,
    Json,
    Page,
    SimulatorState,
)


@dataclass(frozen=True)
class ConnectionRequest:
    """The attempt that creates or renews a connected account."""

    connected_account_id: str
    status: str
    """As it was when the request was made: `ACTIVE` at once for keys, `INITIATED` where a person must approve."""
    redirect_url: str | None = field(repr=False)
    """Send the person here; None when nothing is left to approve. It is the way in: hand it to that person only."""
    _accounts: ConnectedAccounts = field(repr=False, compare=False)

    def wait_until_active(self, seconds: float = 60) -> ConnectedAccount:
        """Returns the account the moment it is ACTIVE.

        Raises ConnectionFailedError as soon as it ended FAILED or EXPIRED; WaitTimeoutError when time is up.
        """
        return self._accounts.wait_until_active(self.connected_account_id, seconds)


class ConnectedAccounts:
    """What entities granted: initiate, read, renew, switch off, delete."""

    def __init__(self, http: Http, integrations: Integrations) -> None:
        self._http = http
        self._integrations = integrations

    def initiate(
        self,
        *,
        entity_id: str,
        app: str | None = None,
        integration_id: str | None = None,
        auth_scheme: str | None = None,
        params: Mapping[str, str] | None = None,
        redirect_uri: str | None = None,
        labels: Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
    ) -> ConnectionRequest:
        """Starts a connection of one entity, through an integration or the default integration of an app.

        `entity_id`: your own id of the user or tenant. `params`: the expected params, all strings.
        `redirect_uri`: where the browser returns to. `scopes`: in place of the integration's, for this connection.
        Raises ValidationError naming the param that is missing, malformed or refused by the app.
        """
        if integration_id is None:
            if app is None:
                raise ValidationError(
                    "Neither app nor integration_id was given.",
                    code="validation_failed",
                    fix="Pass app='gmail' for the app's default integration, or the integration_id of one of yours.",
                )
            integration_id = (self._integrations.find(app, auth_scheme=auth_scheme)).id
        body = {
            "integrationId": integration_id,
            "entityId": entity_id,
            "data": dict(params or {}),
            **given(
                redirectUri=redirect_uri or None,
                labels=list(labels) if labels is not None else None,
                scopes=list(scopes) if scopes is not None else None,
            ),
        }
        return self._request_of(self._http.request("POST", "/v1/connectedAccounts", body=body))

    def reinitiate(
        self,
        connected_account_id: str,
        *,
        params: Mapping[str, str] | None = None,
        redirect_uri: str | None = None,
    ) -> ConnectionRequest:
        """Renews an account in place: its id stays, and the old credentials are used until the new ones are here."""
        body = given(data=dict(params) if params is not None else None, redirectUri=redirect_uri or None)
        return self._request_of(
            self._http.request("POST", f"{_path(connected_account_id)}/reinitiate", body=body)
        )

    def get(self, connected_account_id: str) -> ConnectedAccount:
        """One account. When it is ACTIVE and enabled, with fresh `connection_params` and `auth_params`."""
        return ConnectedAccount.from_wire(self._http.request("GET", _path(connected_account_id)))

    def list(
        self,
        *,
        entity_id: str | Sequence[str] | None = None,
        app: str | Sequence[str] | None = None,
        status: str | Sequence[str] | None = None,
        integration_id: str | None = None,
        labels: str | Sequence[str] | None = None,
        show_disabled: bool | None = None,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[ConnectedAccount]:
        """One page of accounts. A filter with several values matches any of them."""
        query = {
            "entityId": entity_id,
            "appNames": app,
            "status": status,
            "integrationId": integration_id,
            "labels": labels,
            "showDisabled": show_disabled,
            "page": page,
            "pageSize": page_size,
        }
        answer = self._http.request("GET", "/v1/connectedAccounts", query=query)
        items = tuple(ConnectedAccount.from_wire(item) for item in answer["items"])
        return Page(items, page=int(answer.get("page") or page), total_pages=int(answer.get("totalPages") or 0))

    def iterate(
        self,
        *,
        entity_id: str | Sequence[str] | None = None,
        app: str | Sequence[str] | None = None,
        status: str | Sequence[str] | None = None,
        integration_id: str | None = None,
        labels: str | Sequence[str] | None = None,
        show_disabled: bool | None = None,
        page_size: int = 100,
    ) -> Iterator[ConnectedAccount]:
        """All accounts that match, fetched page by page as they are needed."""
        number = 1
        while True:
            page = self.list(
                entity_id=entity_id,
                app=app,
                status=status,
                integration_id=integration_id,
                labels=labels,
                show_disabled=show_disabled,
                page=number,
                page_size=page_size,
            )
            for account in page.items:
                yield account
            if not page.items or number >= page.total_pages:
                return
            number += 1

    def get_auth_params(self, connected_account_id: str) -> AuthParams:
        """What one call to the app needs, refreshed first when the access token is near its end.

        Raises ValidationError with code `account_not_active`, `account_disabled` or `reconnect_required`.
        """
        return AuthParams.from_wire(self._http.request("GET", f"{_path(connected_account_id)}/info"))

    def wait_until_active(self, connected_account_id: str, seconds: float = 60) -> ConnectedAccount:
        """Returns the account the moment it is ACTIVE; the server answers when it happens, so nothing is polled.

        Raises ConnectionFailedError as soon as it ended FAILED or EXPIRED; WaitTimeoutError when time is up.
        """
        clock = self._http.clock
        end = clock.now() + seconds
        while True:
            asked_at = clock.now()
            chunk = min(math.ceil(max(end - asked_at, 1)), LONGEST_WAIT_SECONDS)
            wait: Query = {"waitFor": "ACTIVE", "timeoutSeconds": chunk} if seconds > 0 else {}
            answer = self._http.request("GET", _path(connected_account_id), query=wait, wait_seconds=chunk)
            account = ConnectedAccount.from_wire(answer)
            if account.status == "ACTIVE":
                return account
            if account.status in {"FAILED", "EXPIRED"}:
                raise ConnectionFailedError(account)
            if clock.now() >= end:
                raise WaitTimeoutError(account, seconds)
            early = SHORTEST_WAIT_SECONDS - (clock.now() - asked_at)
            if early > 0:
                clock.sleep(early)

    def enable(self, connected_account_id: str) -> None:
        """Lets the account be used again."""
        self._http.request("POST", f"{_path(connected_account_id)}/enable")

    def disable(self, connected_account_id: str) -> None:
        """Keeps the account but hands out none of its credentials until it is enabled again."""
        self._http.request("POST", f"{_path(connected_account_id)}/disable")

    def set_labels(self, connected_account_id: str, labels: Sequence[str]) -> None:
        """Replaces the labels."""
        self._http.request("PATCH", f"{_path(connected_account_id)}/data", body={"labels": [*labels]})

    def delete(self, connected_account_id: str) -> None:
        """Deletes the account and its credentials at once."""
        self._http.request("DELETE", _path(connected_account_id))

    def simulator(
        self,
        connected_account_id: str,
        *,
        expire_now: bool = False,
        revoke: bool = False,
        fail_next_token_calls: FailNextTokenCalls | None = None,
        rotate_refresh_tokens: bool | None = None,
    ) -> SimulatorState:
        """Scripts the simulated app behind this account: its token ends now, is revoked, or its endpoint fails.

        Returns what the simulator remembers; with no argument it only looks.
        Raises ValidationError with code `not_supported` when the account is not simulated.
        """
        body = given(
            expireNow=True if expire_now else None,
            revoke=True if revoke else None,
            failNextTokenCalls=fail_next_token_calls.to_wire() if fail_next_token_calls is not None else None,
            rotateRefreshTokens=rotate_refresh_tokens,
        )
        answer = self._http.request("POST", f"{_path(connected_account_id)}/simulator", body=body)
        return SimulatorState.from_wire(answer["state"])

    def _request_of(self, answer: Json) -> ConnectionRequest:
        return ConnectionRequest(
            connected_account_id=str(answer["connectedAccountId"]),
            status=str(answer["connectionStatus"]),
            redirect_url=answer.get("redirectUrl") or None,
            _accounts=self,
        )


def _path(connected_account_id: str) -> str:
    return f"/v1/connectedAccounts/{segment(connected_account_id, 'connected_account_id')}"
