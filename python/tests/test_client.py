from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import anyio
import httpx
import pytest
from fake_server import ACCOUNT, ACCOUNT_ID, INTEGRATION, KEY, FakeServer, account, waiting

from holdfast import (
    ConfigurationError,
    ConnectionFailedError,
    FailNextTokenCalls,
    Holdfast,
    NotFoundError,
    ValidationError,
    WaitTimeoutError,
)

ACCOUNTS = "/api/v1/connectedAccounts"
THIS = f"{ACCOUNTS}/{ACCOUNT_ID}"
INTEGRATIONS = "/api/v1/integrations"


def test_key_and_address_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_API_KEY", KEY)
    monkeypatch.setenv("HOLDFAST_BASE_URL", "https://connect.example/holdfast/")
    server = FakeServer().answers("GET /holdfast/api/v1/project", {"id": "p1", "name": "Acme", "mode": "test"})
    with Holdfast(transport=server.transport) as client:
        assert client.projects.current().name == "Acme"
    assert server.requests[0].headers["x-api-key"] == KEY


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://127.0.0.1:4280", "http://127.0.0.1:4280"),
        ("http://127.0.0.1:4280/", "http://127.0.0.1:4280"),
        ("http://127.0.0.1:4280/api", "http://127.0.0.1:4280"),
        ("https://connect.example/holdfast/api/", "https://connect.example/holdfast"),
    ],
)
def test_the_base_url_may_end_in_slash_or_api(given: str, used: str) -> None:
    with Holdfast(KEY, given) as client:
        assert client.base_url == used


@pytest.mark.parametrize(
    "url",
    [
        "localhost:4280",
        "ftp://host",
        "http://",
        "https://me:pw@host",
        "https://host?x=1",
        "http://[::1",
        "http://host:port",
    ],
)
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        Holdfast(KEY, url)


def test_a_missing_key_says_where_to_get_one() -> None:
    with pytest.raises(ConfigurationError, match=r"HOLDFAST_API_KEY; the server prints its key"):
        Holdfast()


def test_a_key_that_no_header_can_carry_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigurationError) as refused:
        Holdfast("hf_test_abc\ndef")
    assert "abc" not in str(refused.value)


def test_initiate_by_app_uses_its_first_integration() -> None:
    server = (
        FakeServer()
        .answers(f"GET {INTEGRATIONS}", {"items": [INTEGRATION], "page": 1, "totalPages": 1})
        .answers(f"GET {INTEGRATIONS}/int-1", INTEGRATION)
        .answers(f"POST {ACCOUNTS}", initiated("ACTIVE", None))
    )
    request = server.client().connected_accounts.initiate(
        entity_id="jessica", app="LINEAR", data={"api_key": "k"}, labels=["primary"]
    )
    assert server.query(0) == {"appName": "LINEAR", "showDisabled": "false", "pageSize": "100", "page": "1"}
    assert server.sent() == {
        "integrationId": "int-1",
        "entityId": "jessica",
        "data": {"api_key": "k"},
        "labels": ["primary"],
    }
    assert (request.status, request.redirect_url) == ("ACTIVE", None)
    assert request.connected_account_id == ACCOUNT_ID


def test_initiate_without_a_user_or_an_app_sends_nothing() -> None:
    client = FakeServer().client()
    with pytest.raises(ValidationError, match="entity_id"):
        client.connected_accounts.initiate(entity_id="", app="gmail")
    with pytest.raises(ValidationError, match="app"):
        client.connected_accounts.initiate(entity_id="jessica")


def test_expected_params_of_another_scheme_come_from_the_integration_with_it() -> None:
    oauth = {**INTEGRATION, "id": "int-2", "authScheme": "OAUTH2", "expectedInputFields": []}
    server = (
        FakeServer()
        .answers(f"GET {INTEGRATIONS}", {"items": [INTEGRATION, oauth], "page": 1, "totalPages": 1})
        .answers(f"GET {INTEGRATIONS}/int-2", oauth)
    )
    expected = server.client().get_expected_params("linear", auth_scheme="oauth2")
    assert (expected.integration_id, expected.auth_scheme, expected.params) == ("int-2", "OAUTH2", ())


def test_expected_params_tell_what_is_missing() -> None:
    server = FakeServer().answers(f"GET {INTEGRATIONS}/int-1", INTEGRATION)
    expected = server.client().get_expected_params(integration_id="int-1")
    assert [param.name for param in expected.missing({})] == ["api_key"]
    assert expected.missing({"api_key": "k"}) == ()
    assert expected.params[0].secret


def test_an_app_without_integration_says_how_to_make_one() -> None:
    server = (
        FakeServer()
        .answers(f"GET {INTEGRATIONS}", {"items": [], "page": 1, "totalPages": 0})
        .answers("GET /api/v1/apps/xero", {"key": "xero"})
    )
    with pytest.raises(NotFoundError, match=r"integrations\.create\(app='xero'"):
        server.client().get_expected_params("xero")


def test_an_account_is_parsed_with_fields_of_a_later_version() -> None:
    server = FakeServer().answers(f"GET {THIS}", account())
    found = server.client().connected_accounts.get(ACCOUNT_ID)
    assert found.identity is not None and found.identity.email == "jessica@example.com"
    assert found.expires_at == datetime(2026, 11, 22, 20, tzinfo=timezone.utc)
    assert found.connection_params["access_token"] == "T0KEN-access"
    assert found.auth_params is not None
    assert found.auth_params.headers == {"Authorization": "Bearer T0KEN-access"}
    assert found.raw["fieldOfALaterVersion"] == {"any": ["thing"]}


def test_an_account_with_only_the_oldest_fields_is_parsed() -> None:
    server = FakeServer().answers(f"GET {THIS}", {"id": ACCOUNT_ID, "status": "NEW_STATUS", "appUniqueId": "gmail"})
    found = server.client().connected_accounts.get(ACCOUNT_ID)
    assert (found.status, found.entity_id, found.auth_params, found.created_at) == ("NEW_STATUS", "default", None, None)


def test_auth_params_are_ready_for_any_http_client() -> None:
    info = {
        "base_url": "https://api.example",
        "parameters": [
            {"name": "Authorization", "in": "header", "value": "Bearer t"},
            {"name": "key", "in": "query", "value": "q"},
        ],
        "body": {"token": "b"},
    }
    server = FakeServer().answers(f"GET {THIS}/info", info)
    params = server.client().connected_accounts.get_auth_params(ACCOUNT_ID)
    assert params.base_url == "https://api.example"
    assert params.headers == {"Authorization": "Bearer t"}
    assert params.query == {"key": "q"}
    assert params.body == {"token": "b"}


def test_a_call_is_signed() -> None:
    signed = {"url": "https://api.example/me?x=1", "headers": {"authorization": 'OAuth oauth_nonce="n"'}}
    server = FakeServer().answers(f"POST {THIS}/signature", signed)
    call = server.client().connected_accounts.sign(ACCOUNT_ID, method="GET", url="/me", body_sha256="ab" * 32)
    assert (call.url, call.headers) == (signed["url"], signed["headers"])
    assert "OAuth" not in repr(call)
    assert server.sent() == {"method": "GET", "url": "/me", "bodySha256": "ab" * 32}


def test_a_list_is_fetched_page_by_page_while_it_is_read() -> None:
    server = (
        FakeServer()
        .answers(f"GET {ACCOUNTS}", {"items": [account(id="a"), account(id="b")], "page": 1, "totalPages": 2})
        .answers(f"GET {ACCOUNTS}", {"items": [account(id="c")], "page": 2, "totalPages": 2})
    )
    listing = server.client().connected_accounts.list(entity_id="jessica", app=["gmail", "slack"], status="ACTIVE")
    assert server.requests == []
    assert [found.id for found in listing] == ["a", "b", "c"]
    assert server.query() == {
        "entityId": "jessica",
        "appNames": "gmail,slack",
        "status": "ACTIVE",
        "pageSize": "100",
        "page": "2",
    }


def test_one_page_tells_how_many_there_are() -> None:
    page = {"items": [account()], "page": 3, "totalPages": 9, "totalItems": 900}
    server = FakeServer().answers(f"GET {ACCOUNTS}", page)
    found = server.client().connected_accounts.list().page(3)
    assert (len(found), found.page, found.total_pages, found.total_items) == (1, 3, 9, 900)


@pytest.mark.parametrize("entity_id", ["", "jessica,melissa", [], ["jessica", ""]])
def test_a_filter_that_would_match_other_users_is_refused(entity_id: str | list[str]) -> None:
    with pytest.raises(ValidationError, match="entity_id"):
        FakeServer().client().connected_accounts.list(entity_id=entity_id)


@pytest.mark.parametrize("lost", ["", ".", ".."])
def test_an_id_that_would_change_the_path_is_refused(lost: str) -> None:
    with pytest.raises(ValidationError, match="connected_account_id"):
        FakeServer().client().connected_accounts.delete(lost)


def test_an_id_is_one_segment_of_the_path_whatever_it_holds() -> None:
    server = FakeServer().answers(f"GET {ACCOUNTS}/..%2Fapps%3Fx", account())
    server.client().connected_accounts.get("../apps?x")
    assert server.done()


def test_waiting_returns_the_moment_the_account_is_active() -> None:
    server = (
        FakeServer()
        .answers(f"POST {ACCOUNTS}", initiated("INITIATED", "http://127.0.0.1:4280/connect/abc"))
        .answers(f"GET {THIS}", waiting(), after=25)
        .answers(f"GET {THIS}", account(), after=3)
    )
    request = server.client().connected_accounts.initiate(entity_id="jessica", integration_id="int-1")
    found = request.wait_until_active(60)
    assert found.status == "ACTIVE"
    assert server.query(1) == {"waitFor": "ACTIVE", "timeoutSeconds": "25"}
    assert server.slept == []


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED"])
def test_waiting_ends_at_once_when_the_connection_failed(status: str) -> None:
    reason = {"code": "access_denied", "message": "The person said no.", "mustAct": "endUser"}
    server = FakeServer().answers(f"GET {THIS}", waiting(status, statusReason=reason))
    with pytest.raises(ConnectionFailedError) as failed:
        server.client().connected_accounts.wait_until_active(ACCOUNT_ID)
    assert failed.value.reason is not None
    assert failed.value.reason.code == "access_denied"
    assert failed.value.code == "connection_failed"
    assert "The person said no. Send the person through a new connection" in str(failed.value)


def test_waiting_ends_when_time_is_up() -> None:
    server = FakeServer().answers(f"GET {THIS}", waiting(), after=25).answers(f"GET {THIS}", waiting(), after=5)
    with pytest.raises(WaitTimeoutError, match="still INITIATED after 30 seconds") as late:
        server.client().connected_accounts.wait_until_active(ACCOUNT_ID, 30)
    assert server.query() == {"waitFor": "ACTIVE", "timeoutSeconds": "5"}
    assert late.value.account.id == ACCOUNT_ID


def test_a_server_that_does_not_hold_the_answer_is_not_flooded() -> None:
    server = FakeServer().answers(f"GET {THIS}", waiting()).answers(f"GET {THIS}", account())
    server.client().connected_accounts.wait_until_active(ACCOUNT_ID)
    assert server.slept == [1.0]


def test_waiting_for_no_time_is_refused() -> None:
    with pytest.raises(ValidationError, match="seconds"):
        FakeServer().client().connected_accounts.wait_until_active(ACCOUNT_ID, 0)


def test_an_account_is_renewed_switched_labelled_and_deleted() -> None:
    done = {"status": "success", "connectedAccountId": ACCOUNT_ID}
    server = (
        FakeServer()
        .answers(f"POST {THIS}/reinitiate", initiated("INITIATED", "http://127.0.0.1:4280/connect/abc"))
        .answers(f"POST {THIS}/disable", done)
        .answers(f"POST {THIS}/enable", done)
        .answers(f"PATCH {THIS}/data", done)
        .answers(f"DELETE {THIS}", {"status": "success", "count": 1})
    )
    accounts = server.client().connected_accounts
    assert accounts.reinitiate(ACCOUNT_ID, redirect_uri="https://yours.example/cb").connected_account_id == ACCOUNT_ID
    assert server.sent() == {"redirectUri": "https://yours.example/cb"}
    accounts.disable(ACCOUNT_ID)
    accounts.enable(ACCOUNT_ID)
    accounts.set_labels(ACCOUNT_ID, ["work"])
    assert server.sent() == {"labels": ["work"]}
    accounts.delete(ACCOUNT_ID)
    assert server.done()


def test_the_user_who_came_back_is_confirmed() -> None:
    server = FakeServer().answers(f"POST {ACCOUNTS}/confirm", ACCOUNT)
    accounts = server.client().connected_accounts
    assert accounts.confirm(handle="h", entity_id="jessica").id == ACCOUNT_ID
    assert server.sent() == {"handle": "h", "entityId": "jessica"}
    with pytest.raises(ValidationError, match="entity_id"):
        accounts.confirm(handle="h", entity_id="")
    assert server.done()


def revocation(status: str) -> dict[str, Any]:
    tokens = [{"type": "refresh_token", "status": status, "message": None}]
    return {"id": "r1", "connectedAccountId": ACCOUNT_ID, "appName": "gmail", "status": status, "tokens": tokens}


def test_an_account_is_looked_back_on_and_given_back() -> None:
    event = {"id": "e2", "type": "connected_account.active", "sequence": 2, "status": "ACTIVE"}
    first = {"id": "e1", "type": "connected_account.initiated", "sequence": 1, "status": "INITIATED"}
    server = (
        FakeServer()
        .answers(f"GET {THIS}/history", {"items": [event], "nextCursor": "2"})
        .answers(f"GET {THIS}/history", {"items": [first], "nextCursor": None})
        .answers(f"POST {THIS}/revoke", {"revocation": revocation("pending")})
        .answers("GET /api/v1/revocations/r1", revocation("revoked"))
        .answers(f"DELETE {THIS}", {"status": "success", "count": 1, "revocation": revocation("unsupported")})
        .answers(f"POST {THIS}/reinitiate", initiated("INITIATED", "http://127.0.0.1:4280/connect/abc"))
    )
    accounts = server.client().connected_accounts
    assert [event.sequence for event in accounts.history(ACCOUNT_ID)] == [2, 1]
    assert server.query() == {"cursor": "2"}
    assert accounts.revoke(ACCOUNT_ID).tokens[0].status == "pending"
    assert accounts.get_revocation("r1").status == "revoked"
    assert accounts.delete(ACCOUNT_ID).status == "unsupported"
    accounts.reinitiate(ACCOUNT_ID, allow_identity_change=True)
    assert server.sent() == {"allowIdentityChange": True}
    assert server.done()


def test_accounts_are_imported_and_exported() -> None:
    made = {"connectedAccountId": ACCOUNT_ID, "externalId": "old", "isNew": True, "status": "ACTIVE"}
    server = (
        FakeServer()
        .answers("POST /api/v1/connectedAccounts/import", {"imported": 1, "items": [made]})
        .answers("POST /api/v1/connectedAccounts/export", {"jwe": "a.b.c.d.e", "count": 1, "nextCursor": None})
    )
    accounts = server.client().connected_accounts
    item = {"app": "gmail", "entityId": "jessica", "refreshToken": "R", "externalId": "old"}
    assert accounts.import_accounts([item])[0].is_new
    assert server.sent() == {"items": [item]}
    assert accounts.export_accounts("-----BEGIN PUBLIC KEY-----", filter={"apps": ["gmail"]})["jwe"] == "a.b.c.d.e"
    assert server.sent() == {"recipientPublicKey": "-----BEGIN PUBLIC KEY-----", "filter": {"apps": ["gmail"]}}


def test_entities_are_listed_read_and_deleted() -> None:
    entity = {"id": "a/b", "accounts": {"total": 2, "byStatus": {"ACTIVE": 2}}, "createdAt": "2026-11-22T19:00:00.000Z"}
    deleted = {"count": 1, "accounts": [{"id": ACCOUNT_ID, "appName": "gmail", "revocation": revocation("pending")}]}
    server = (
        FakeServer()
        .answers("GET /api/v1/entities", {"items": [entity], "page": 1, "totalPages": 1, "totalItems": 1})
        .answers("GET /api/v1/entities/a%2Fb", entity)
        .answers("DELETE /api/v1/entities/a%2Fb", {"status": "success", **deleted})
    )
    entities = server.client().entities
    assert [one.id for one in entities.list(search="A")] == ["a/b"]
    assert entities.get("a/b").accounts_by_status == {"ACTIVE": 2}
    assert [one.status for one in entities.delete("a/b")] == ["pending"]
    assert server.done()


def test_the_simulator_is_scripted() -> None:
    state = {
        "accessTokenExpiresAt": "2026-11-22T20:00:00.000Z",
        "revoked": False,
        "rotateRefreshTokens": True,
        "pendingFailures": 2,
        "tokenCalls": 5,
    }
    server = FakeServer().answers(f"POST {THIS}/simulator", {"state": state})
    found = server.client().connected_accounts.script_simulator(
        ACCOUNT_ID,
        expire_now=True,
        fail_next_token_calls=FailNextTokenCalls(times=2, status=503, drop_answer=True),
        rotate_refresh_tokens=False,
    )
    assert server.sent() == {
        "expireNow": True,
        "failNextTokenCalls": {"times": 2, "status": 503, "dropAnswer": True},
        "rotateRefreshTokens": False,
    }
    assert (found.pending_failures, found.token_calls) == (2, 5)


def test_apps_are_listed_read_and_added() -> None:
    app = {
        "key": "acme",
        "name": "Acme",
        "description": "",
        "categories": ["crm"],
        "auth_schemes": [{"mode": "OAUTH2"}],
    }
    server = (
        FakeServer()
        .answers("GET /api/v1/apps", {"items": [app], "totalPages": 1})
        .answers("GET /api/v1/apps/ACME", app)
        .answers("POST /api/v1/apps", app)
        .answers("PATCH /api/v1/apps/acme", app)
        .answers("DELETE /api/v1/apps/acme", {"status": "success", "count": 1})
    )
    apps = server.client().apps
    assert apps.list(search="ac", auth_scheme="OAUTH2")[0].auth_schemes == ("OAUTH2",)
    assert server.query() == {"search": "ac", "authScheme": "OAUTH2"}
    assert apps.get("ACME").categories == ("crm",)
    apps.create({"key": "acme"})
    apps.update("acme", {"name": "Acme 2"})
    assert server.sent() == {"name": "Acme 2"}
    apps.delete("acme")
    assert server.done()


def test_integrations_are_made_changed_and_deleted() -> None:
    server = (
        FakeServer()
        .answers(f"POST {INTEGRATIONS}", INTEGRATION)
        .answers(f"PATCH {INTEGRATIONS}/int-1", {"status": "success"})
        .answers(f"GET {INTEGRATIONS}/int-1", {**INTEGRATION, "enabled": False})
        .answers(f"DELETE {INTEGRATIONS}/int-1", {"status": "success", "count": 1})
    )
    integrations = server.client().integrations
    integrations.create(app="gmail", client_id="id", client_secret="s", scopes=["mail.read"])
    assert server.sent() == {"appId": "gmail", "clientId": "id", "clientSecret": "s", "scopes": ["mail.read"]}
    assert not integrations.update("int-1", enabled=False).enabled
    integrations.delete("int-1")
    assert server.done()


def test_a_connect_link_is_made_for_one_entity() -> None:
    link = {
        "id": "l1",
        "url": "http://127.0.0.1:4280/connect/links/t",
        "entityId": "jessica",
        "redirectUri": None,
        "expiresAt": "2026-11-22T20:00:00.000Z",
        "createdAt": "2026-11-22T19:00:00.000Z",
    }
    server = FakeServer().answers("POST /api/v1/connectLinks", link)
    made = server.client().connect_links.create(entity_id="jessica", apps=["gmail", "slack"])
    assert server.sent() == {"entityId": "jessica", "apps": ["gmail", "slack"]}
    assert made.url == "http://127.0.0.1:4280/connect/links/t"
    assert "links/t" not in repr(made)


def test_the_operator_manages_projects_and_keys() -> None:
    project = {"id": "p1", "name": "Acme", "mode": "live", "allowedRedirectUrls": ["https://acme.example/cb"]}
    key = {"id": "k1", "name": "ci", "hint": "cret", "expiresAt": None}
    server = (
        FakeServer()
        .answers("POST /api/v1/projects", {**project, "apiKey": KEY})
        .answers("GET /api/v1/projects", {"items": [project]})
        .answers("PATCH /api/v1/projects/p1", project)
        .answers("POST /api/v1/projects/p1/apiKeys", {**key, "key": KEY})
        .answers("GET /api/v1/projects/p1/apiKeys", {"items": [key]})
        .answers("DELETE /api/v1/projects/p1/apiKeys/k1", {"status": "success", "count": 1})
        .answers("GET /api/v1/projects/p1", project)
        .answers("DELETE /api/v1/projects/p1", {"status": "success", "count": 1})
    )
    client = server.client()
    made = client.projects.create(name="Acme", mode="live", allowed_redirect_urls=["https://acme.example/cb"])
    assert made.api_key == KEY and KEY not in repr(made)
    assert [found.id for found in client.projects.list()] == ["p1"]
    client.projects.update("p1", name="Acme")
    expires_at = datetime(2027, 1, 1, tzinfo=timezone.utc)
    assert client.api_keys.create("p1", name="ci", expires_at=expires_at).key == KEY
    assert server.sent() == {"name": "ci", "expiresAt": "2027-01-01T00:00:00+00:00"}
    assert client.api_keys.list("p1")[0].hint == "cret"
    client.api_keys.delete("p1", "k1")
    assert client.projects.get("p1").mode == "live"
    client.projects.delete("p1")
    assert server.done()


def test_the_async_client_runs_the_same_flow() -> None:
    server = (
        FakeServer()
        .answers(f"GET {INTEGRATIONS}", {"items": [INTEGRATION], "page": 1, "totalPages": 1})
        .answers(f"GET {INTEGRATIONS}/int-1", INTEGRATION)
        .answers(f"POST {ACCOUNTS}", initiated("INITIATED", "http://127.0.0.1:4280/connect/abc"))
        .breaks(f"GET {THIS}", httpx.ReadError("reset"))
        .answers(f"GET {THIS}", account())
        .answers(f"GET {ACCOUNTS}", {"items": [account()], "page": 1, "totalPages": 1})
    )

    async def flow() -> None:
        async with server.async_client() as client:
            request = await client.connected_accounts.initiate(entity_id="jessica", app="gmail")
            assert (await request.wait_until_active()).status == "ACTIVE"
            found = [one.id async for one in client.connected_accounts.list(entity_id="jessica")]
            assert found == [ACCOUNT_ID]

    anyio.run(flow)
    assert server.done()


def initiated(status: str, redirect_url: str | None) -> dict[str, str | None]:
    return {"connectionStatus": status, "connectedAccountId": ACCOUNT_ID, "redirectUrl": redirect_url}
