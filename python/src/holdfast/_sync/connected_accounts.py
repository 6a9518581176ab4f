# Made from _async/connected_accounts.py by scripts/unasync.py: edit that file, then run the script.
"""Connected accounts and the requests that create or renew them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from holdfast._sync.http import Http
from holdfast._sync.listing import Listing
from holdfast._sync.resources import Integrations
from holdfast._core import LONGEST_WAIT_SECONDS, SHORTEST_WAIT_SECONDS, Query, given, segment
from holdfast.errors import ConnectionFailedError, WaitTimeoutError, invalid_input
from holdfast.models import (
    AccountEvent,
    AuthParams,
    ConnectedAccount,
    FailNextTokenCalls,
    ImportedAccount,
    Json,
    Revocation,
    SignedCall,
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


class History:
    """The events of one account, fetched page by page while it is iterated."""

    def __init__(self, http: Http, path: str) -> None:
        self._http = http
        self._path = path

    def __iter__(self) -> Iterator[AccountEvent]:
        cursor: str | None = None
        while True:
            answer = self._http.request("GET", self._path, query={"cursor": cursor})
            for item in answer["items"]:
                yield AccountEvent.from_wire(item)
            cursor = answer["nextCursor"]
            if cursor is None:
                return


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
        data: Mapping[str, str] | None = None,
        redirect_uri: str | None = None,
        labels: Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
        optional_scopes: Sequence[str] | None = None,
    ) -> ConnectionRequest:
        """Starts a connection of one entity, through an integration or the default integration of an app.

        `entity_id`: your own id of the user or tenant. `data`: the expected params by name, all strings.
        `redirect_uri`: where the browser returns to. `scopes`: in place of the integration's, for this connection.
        `optional_scopes`: the person may leave them out on the connect page.
        Raises ValidationError whose `fields` name what is wrong (`data.shop_name`); BadRequestError with code
        `credential_refused`, `redirect_not_allowed` or `integration_disabled`.
        """
        if not entity_id:
            raise invalid_input("entity_id", "is missing", "Pass your own id of the user who connects.")
        if integration_id is None:
            integration_id = (self._integrations.get_for_app(app, auth_scheme=auth_scheme)).id
        body = {
            "integrationId": integration_id,
            "entityId": entity_id,
            "data": dict(data or {}),
            **given(
                redirectUri=redirect_uri or None,
                labels=list(labels) if labels is not None else None,
                scopes=list(scopes) if scopes is not None else None,
                optionalScopes=list(optional_scopes) if optional_scopes is not None else None,
            ),
        }
        return self._request_of(self._http.request("POST", "/v1/connectedAccounts", body=body))

    def reinitiate(
        self,
        connected_account_id: str,
        *,
        data: Mapping[str, str] | None = None,
        redirect_uri: str | None = None,
        allow_identity_change: bool | None = None,
    ) -> ConnectionRequest:
        """Renews an account in place: its id stays, and the old credentials are used until the new ones are here.

        One that comes from another person or tenant than before is refused, unless `allow_identity_change` is True.
        """
        body = given(
            data=dict(data) if data is not None else None,
            redirectUri=redirect_uri or None,
            allowIdentityChange=allow_identity_change,
        )
        return self._request_of(
            self._http.request("POST", f"{_path(connected_account_id)}/reinitiate", body=body)
        )

    def confirm(self, *, handle: str, entity_id: str) -> ConnectedAccount:
        """Says which of your users is signed in where the browser came back with `handle` (`userVerification`).

        Only now the account is connected, and only if it is the user that the connection was begun for. Raises
        BadRequestError with code `user_mismatch`, `connection_failed`, or `conflict` for a handle that was used or is
        too old.
        """
        if not entity_id:
            raise invalid_input("entity_id", "is missing", "Pass your own id of the user who is signed in.")
        body = {"handle": handle, "entityId": entity_id}
        return ConnectedAccount.from_wire(self._http.request("POST", "/v1/connectedAccounts/confirm", body=body))

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
        page_size: int = 100,
    ) -> Listing[ConnectedAccount]:
        """Accounts, newest first; a filter with several values matches any. Iterate it, or ask for one `page()`."""
        query: Query = {
            "entityId": _alternatives("entity_id", entity_id),
            "appNames": _alternatives("app", app),
            "status": _alternatives("status", status),
            "labels": _alternatives("labels", labels),
            "integrationId": integration_id,
            "showDisabled": show_disabled,
            "pageSize": page_size,
        }
        return Listing(self._http, "/v1/connectedAccounts", query, ConnectedAccount.from_wire)

    def get_auth_params(self, connected_account_id: str) -> AuthParams:
        """What one call to the app needs, refreshed first when the access token is near its end.

        Raises BadRequestError with code `account_not_active`, `account_disabled` or `reconnect_required`.
        """
        return AuthParams.from_wire(self._http.request("GET", f"{_path(connected_account_id)}/info"))

    def sign(
        self,
        connected_account_id: str,
        *,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        body_sha256: str | None = None,
    ) -> SignedCall:
        """Signs one call, for apps whose credentials sign and are never sent: OAuth 1 and AWS.

        `url` is a path below the account's base URL, or a whole URL. Send the call to the `url` of the answer with
        these headers besides your own, once and within a few minutes. `body_sha256`, in lower-case hex, stands for a
        body that is large or no text. Raises BadRequestError with code `not_supported` for other apps.
        """
        call = given(method=method, url=url, headers=headers, body=body, bodySha256=body_sha256)
        path = f"{_path(connected_account_id)}/signature"
        return SignedCall.from_wire(self._http.request("POST", path, body=call))

    def wait_until_active(self, connected_account_id: str, seconds: float = 60) -> ConnectedAccount:
        """Returns the account the moment it is ACTIVE; the server answers when it happens, so nothing is polled.

        Raises ConnectionFailedError as soon as it ended FAILED or EXPIRED; WaitTimeoutError when time is up.
        """
        if not seconds > 0:
            raise invalid_input("seconds", "must be more than 0", "Give the time to wait in seconds.")
        clock = self._http.clock
        end = clock.now() + seconds
        while True:
            asked_at = clock.now()
            chunk = min(math.ceil(max(end - asked_at, 1)), LONGEST_WAIT_SECONDS)
            answer = self._http.request(
                "GET",
                _path(connected_account_id),
                query={"waitFor": "ACTIVE", "timeoutSeconds": chunk},
                held_seconds=chunk,
                give_up_at=end,
            )
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

    def refresh(self, connected_account_id: str) -> ConnectedAccount:
        """Gets a new access token now; returns the account without credentials.

        Tokens are refreshed before they end without it: this is for an app that refuses one that should be good.
        Raises BadRequestError with code `account_not_active`, `account_disabled` or `reconnect_required`.
        """
        return ConnectedAccount.from_wire(self._http.request("POST", f"{_path(connected_account_id)}/refresh"))

    def check(self, connected_account_id: str) -> str:
        """Asks the app by a cheap call: `accepted`, `refused`, `unreachable`, or `not_available` where it has none."""
        answer = self._http.request("POST", f"{_path(connected_account_id)}/check")
        return str(answer["result"])

    def change_many(self, action: str, filter: Mapping[str, Any], *, cursor: str | None = None) -> Json:
        """Enables, disables, refreshes or deletes up to 200 accounts that match; call again with `nextCursor`.

        `filter` is as the API has it: `{"apps": ["slack"], "statuses": ["ACTIVE"]}`; `{}` matches all of the project.
        Returns `matched`, `changed`, `failed` and `nextCursor`, which is None when all have been looked at.
        """
        body = given(action=action, filter=dict(filter), cursor=cursor)
        answer: Json = self._http.request("POST", "/v1/connectedAccounts/bulk", body=body)
        return answer

    def set_labels(self, connected_account_id: str, labels: Sequence[str]) -> None:
        """Replaces the labels."""
        self._http.request("PATCH", f"{_path(connected_account_id)}/data", body={"labels": [*labels]})

    def history(self, connected_account_id: str) -> History:
        """What happened to the account, newest first, also after it was deleted. Iterate it."""
        return History(self._http, f"{_path(connected_account_id)}/history")

    def revoke(self, connected_account_id: str) -> Revocation:
        """Gives the grant back to the app, in the background. The credentials are gone at once, it is EXPIRED."""
        answer = self._http.request("POST", f"{_path(connected_account_id)}/revoke")
        return Revocation.from_wire(answer["revocation"])

    def delete(self, connected_account_id: str) -> Revocation:
        """Deletes the account and its credentials at once, and gives the grant back like `revoke`."""
        answer = self._http.request("DELETE", _path(connected_account_id))
        return Revocation.from_wire(answer.get("revocation") or {})

    def get_revocation(self, revocation_id: str) -> Revocation:
        """What became of a revocation."""
        path = f"/v1/revocations/{segment(revocation_id, 'revocation_id')}"
        return Revocation.from_wire(self._http.request("GET", path))

    def import_accounts(self, items: Sequence[Mapping[str, Any]]) -> tuple[ImportedAccount, ...]:
        """Makes accounts of credentials that you have already, up to 100 at once: all of them or, if one is wrong, none.

        Items are as the API has them: `{"app": …, "entityId": …, "refreshToken": …, "externalId": …}`.
        Raises ValidationError naming fields such as `items.3.refreshToken`.
        """
        body = {"items": [dict(item) for item in items]}
        answer = self._http.request("POST", "/v1/connectedAccounts/import", body=body)
        return tuple(ImportedAccount.from_wire(item) for item in answer["items"])

    def export_accounts(
        self,
        recipient_public_key: str | Mapping[str, Any],
        *,
        filter: Mapping[str, Sequence[str]] | None = None,
        cursor: str | None = None,
    ) -> Json:
        """ACTIVE accounts with their credentials, 100 at a time, encrypted to a PEM or JWK public key.

        Returns `jwe`, `count`, `skipped` and `nextCursor`; the text of the JWE is the body of an import.
        """
        key = recipient_public_key if isinstance(recipient_public_key, str) else dict(recipient_public_key)
        body = given(
            recipientPublicKey=key,
            filter={name: [*values] for name, values in filter.items()} if filter is not None else None,
            cursor=cursor,
        )
        answer: Json = self._http.request("POST", "/v1/connectedAccounts/export", body=body)
        return answer

    def script_simulator(
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
        Raises BadRequestError with code `not_supported` when the account is not simulated.
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


def _alternatives(name: str, value: str | Sequence[str] | None) -> Sequence[str] | None:
    """These filters go comma-joined, so a comma inside a value would ask for other entities' accounts."""
    if value is None:
        return None
    values = [value] if isinstance(value, str) else list(value)
    if not values or any(not one or "," in one for one in values):
        raise invalid_input(
            name, "cannot be empty or hold a comma in a filter", "List without it and compare yourself."
        )
    return values


def _path(connected_account_id: str) -> str:
    return f"/v1/connectedAccounts/{segment(connected_account_id, 'connected_account_id')}"
