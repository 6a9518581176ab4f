"""The guide's steps against a started server: collect params, connect, wait, read auth params, call the app.

HOLDFAST_TEST_BASE_URL and HOLDFAST_TEST_API_KEY name the server and a key of a test project; without them these tests
are deselected. Each test has its own entity, so the server may be used before and after.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.to_thread
import httpx
import pytest

from holdfast import (
    AsyncHoldfast,
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    Holdfast,
    NotFoundError,
    ValidationError,
    WaitTimeoutError,
)
from holdfast.composio import App, ComposioToolSet
from holdfast.testing import approve_in_test_mode

pytestmark = pytest.mark.live_server

REDIRECT_URL = "https://yourwebsite.com/connection/callback"


@pytest.fixture(autouse=True)
def started_server(monkeypatch: pytest.MonkeyPatch, bare_environment: None) -> None:
    monkeypatch.setenv("HOLDFAST_BASE_URL", os.environ["HOLDFAST_TEST_BASE_URL"])
    monkeypatch.setenv("HOLDFAST_API_KEY", os.environ["HOLDFAST_TEST_API_KEY"])


@pytest.fixture
def entity_id() -> str:
    return f"user-{uuid.uuid4()}"


@pytest.fixture
def toolset() -> Iterator[ComposioToolSet]:
    with ComposioToolSet() as made:
        yield made


def test_linear_is_connected_by_its_key(
    toolset: ComposioToolSet, entity_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    response = toolset.get_expected_params_for_user(app=App.LINEAR)
    print(response["expected_params"])
    assert [param.name for param in response["expected_params"]] == ["api_key"]

    collected_params = {"api_key": "lin_api_1234567890"}
    connection_request = toolset.initiate_connection(
        connected_account_params=collected_params, entity_id=entity_id, app=App.LINEAR, redirect_url=REDIRECT_URL
    )
    print(connection_request.redirectUrl)
    print(connection_request.status)
    assert (connection_request.redirectUrl, connection_request.status) == (None, "ACTIVE")

    connected_account = toolset.get_connected_account(connection_request.connectedAccountId)
    assert (connected_account.status, connected_account.appUniqueId) == ("ACTIVE", "linear")
    assert connected_account.entityId == entity_id
    auth_params = toolset.get_auth_params(connection_id=connected_account.id)
    print(auth_params)
    assert "lin_api_1234567890" in capsys.readouterr().out
    assert any("lin_api_1234567890" in param.value for param in auth_params.params)


def test_linear_without_its_key_names_what_is_missing(toolset: ComposioToolSet, entity_id: str) -> None:
    with pytest.raises(ValidationError, match="api_key"):
        toolset.initiate_connection(
            connected_account_params={}, entity_id=entity_id, app=App.LINEAR, redirect_url=REDIRECT_URL
        )


def test_the_server_itself_names_what_is_missing(entity_id: str) -> None:
    with Holdfast() as client, pytest.raises(ValidationError) as missing:
        client.connected_accounts.initiate(entity_id=entity_id, app="linear")
    assert [field.property for field in missing.value.fields] == ["data.api_key"]
    assert missing.value.request_id and missing.value.fix


def test_a_key_the_app_refuses_is_not_stored(entity_id: str) -> None:
    with Holdfast() as client:
        with pytest.raises(BadRequestError) as refused:
            client.connected_accounts.initiate(entity_id=entity_id, app="linear", data={"api_key": "T0KEN-invalid"})
        assert refused.value.code == "credential_refused"
        assert "T0KEN" not in str(refused.value)
        assert client.connected_accounts.list(entity_id=entity_id).all() == []


def test_gmail_is_connected_by_a_person(toolset: ComposioToolSet, entity_id: str) -> None:
    response = toolset.get_expected_params_for_user(app=App.GMAIL)
    assert response["expected_params"] == []
    connection_request = toolset.initiate_connection(
        connected_account_params={}, entity_id=entity_id, app=App.GMAIL, redirect_url=REDIRECT_URL
    )
    assert connection_request.status == "INITIATED"
    assert connection_request.redirectUrl is not None

    result = approve_in_test_mode(connection_request.redirectUrl)
    assert result.connected_account_id == connection_request.connectedAccountId
    returned = parse_qs(urlsplit(result.return_url or "").query)
    assert (returned["status"], returned["connection_status"]) == (["success"], ["ACTIVE"])

    connected_account = connection_request.wait_until_active(toolset.client, timeout=30)
    assert connected_account.account.identity is not None
    assert connected_account.connectionParams["headers"]["Authorization"].startswith("Bearer ")
    auth_params = toolset.get_auth_params(connection_id=connected_account.id)
    assert auth_params.base_url.startswith("http")
    assert auth_params.parameters[0].in_ == "header"
    assert toolset.get_entity(entity_id).get_connection(app=App.GMAIL).id == connected_account.id


def test_gmail_by_integration_id_gives_the_same_params(toolset: ComposioToolSet) -> None:
    by_app = toolset.get_expected_params_for_user(app=App.GMAIL)
    assert toolset.get_expected_params_for_user(integration_id=by_app["integration_id"]) == by_app


def test_shopify_asks_for_the_shop_first(toolset: ComposioToolSet, entity_id: str) -> None:
    response = toolset.get_expected_params_for_user(app=App.SHOPIFY)
    assert [param.name for param in response["expected_params"] if param.required] == ["shop_name"]
    connection_request = toolset.initiate_connection(
        connected_account_params={"shop_name": "acme-store"},
        entity_id=entity_id,
        app=App.SHOPIFY,
        redirect_url=REDIRECT_URL,
    )
    assert connection_request.redirectUrl is not None
    approve_in_test_mode(connection_request.redirectUrl, person=2)
    connected_account = connection_request.wait_until_active(timeout=30)
    assert "acme-store" in toolset.get_auth_params(connection_id=connected_account.id).base_url


@pytest.mark.parametrize("shop_name", ["evil.example/", "a.b", "x@evil.example", "..", "https://evil.example"])
def test_a_shop_name_that_would_lead_elsewhere_is_refused(entity_id: str, shop_name: str) -> None:
    with Holdfast() as client, pytest.raises(ValidationError) as refused:
        client.connected_accounts.initiate(entity_id=entity_id, app="shopify", data={"shop_name": shop_name})
    assert [field.property for field in refused.value.fields] == ["data.shop_name"]


def test_the_handed_out_params_work_at_the_app_until_the_grant_is_revoked(entity_id: str) -> None:
    with Holdfast() as client:
        request = client.connected_accounts.initiate(entity_id=entity_id, app="gmail", redirect_uri=REDIRECT_URL)
        assert request.redirect_url is not None
        approve_in_test_mode(request.redirect_url)
        request.wait_until_active(30)

        client.connected_accounts.script_simulator(request.connected_account_id, expire_now=True)
        before = client.connected_accounts.script_simulator(request.connected_account_id)
        params = client.connected_accounts.get_auth_params(request.connected_account_id)
        profile = f"{params.base_url}/gmail/v1/users/me/profile"
        with httpx.Client(headers=params.headers, params=params.query, trust_env=False) as app:
            assert app.get(profile).status_code == 200
            client.connected_accounts.script_simulator(request.connected_account_id, revoke=True)
            assert app.get(profile).status_code == 401
        assert before.token_calls >= 1


def test_a_person_who_says_no_ends_the_wait_with_the_reason(entity_id: str) -> None:
    with Holdfast() as client:
        request = client.connected_accounts.initiate(entity_id=entity_id, app="gmail", redirect_uri=REDIRECT_URL)
        assert request.redirect_url is not None
        assert approve_in_test_mode(request.redirect_url, deny=True).status == "failed"
        with pytest.raises(ConnectionFailedError) as failed:
            request.wait_until_active(30)
    assert failed.value.reason is not None
    assert (failed.value.reason.code, failed.value.reason.must_act) == ("access_denied", "endUser")


def test_a_person_who_does_nothing_lets_the_wait_end(entity_id: str) -> None:
    with Holdfast() as client:
        request = client.connected_accounts.initiate(entity_id=entity_id, app="gmail")
        with pytest.raises(WaitTimeoutError):
            request.wait_until_active(1)


def test_an_account_is_switched_labelled_listed_renewed_and_deleted(entity_id: str) -> None:
    with Holdfast() as client:
        accounts = client.connected_accounts
        made = accounts.initiate(entity_id=entity_id, app="linear", data={"api_key": "lin_api_1234567890"})
        account_id = made.connected_account_id
        accounts.disable(account_id)
        assert not accounts.get(account_id).enabled
        with pytest.raises(BadRequestError) as disabled:
            accounts.get_auth_params(account_id)
        assert disabled.value.code == "account_disabled"
        accounts.enable(account_id)
        accounts.set_labels(account_id, ["primary"])
        listing = accounts.list(entity_id=entity_id, app="LINEAR", status="ACTIVE", labels=["primary"], page_size=1)
        assert [found.id for found in listing] == [account_id]
        renewed = accounts.reinitiate(account_id, data={"api_key": "lin_api_another"})
        assert renewed.connected_account_id == account_id
        assert any("lin_api_another" in param.value for param in accounts.get_auth_params(account_id).params)
        accounts.delete(account_id)
        with pytest.raises(NotFoundError):
            accounts.get(account_id)


def test_a_connect_link_is_made(entity_id: str) -> None:
    with Holdfast() as client:
        link = client.connect_links.create(entity_id=entity_id, apps=["gmail", App.LINEAR], redirect_uri=REDIRECT_URL)
    assert link.entity_id == entity_id
    assert httpx.get(link.url, trust_env=False).status_code == 200


def test_the_catalog_is_read_and_an_unknown_app_is_not_found() -> None:
    with Holdfast() as client:
        assert client.projects.current().mode == "test"
        assert {"gmail", "linear", "shopify"} <= {app.key for app in client.apps.list()}
        assert "API_KEY" in client.apps.get("LINEAR").auth_schemes
        with pytest.raises(NotFoundError):
            client.get_expected_params("no-such-app")


def test_a_wrong_key_is_told_apart() -> None:
    with Holdfast("hf_test_wrong_key_of_nobody") as client, pytest.raises(AuthenticationError, match="API key"):
        client.projects.current()


def test_the_async_client_waits_while_the_person_approves(entity_id: str) -> None:
    async def approve(redirect_url: str) -> None:
        await anyio.to_thread.run_sync(approve_in_test_mode, redirect_url)

    async def flow() -> None:
        async with AsyncHoldfast() as client, anyio.create_task_group() as tasks:
            request = await client.connected_accounts.initiate(
                entity_id=entity_id, app="gmail", redirect_uri=REDIRECT_URL
            )
            assert request.redirect_url is not None
            tasks.start_soon(approve, request.redirect_url)
            account = await request.wait_until_active(30)
            assert account.status == "ACTIVE"

    anyio.run(flow)
