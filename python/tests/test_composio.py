from __future__ import annotations

import json

import pytest
from fake_server import ACCOUNT_ID, INTEGRATION, KEY, FakeServer, account, waiting

from holdfast import ConfigurationError, ConnectionFailedError, NotFoundError, ValidationError
from holdfast.composio import App, ComposioToolSet

ACCOUNTS = "/api/v1/connectedAccounts"
THIS = f"{ACCOUNTS}/{ACCOUNT_ID}"
INTEGRATIONS = "/api/v1/integrations"


def toolset(server: FakeServer) -> ComposioToolSet:
    return ComposioToolSet(KEY, transport=server.transport)


def linear(server: FakeServer) -> FakeServer:
    """Prepares finding the integration of Linear."""
    page = {"items": [INTEGRATION], "page": 1, "totalPages": 1}
    return server.answers(f"GET {INTEGRATIONS}", page).answers(f"GET {INTEGRATIONS}/int-1", INTEGRATION)


def test_any_name_is_an_app_in_any_case() -> None:
    assert App.LINEAR == App("linear") == "linear"
    assert App.SOME_APP_OF_NEXT_YEAR.value == "some_app_of_next_year"
    assert (App.GMAIL.name, App.GMAIL.slug, str(App.GMAIL), repr(App.GMAIL)) == ("GMAIL", "GMAIL", "gmail", "App.GMAIL")
    assert json.dumps({"app": App.GMAIL}) == '{"app": "gmail"}'
    assert not hasattr(App, "__wrapped__")


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:9999", "http://127.0.0.1:9999/api", "http://127.0.0.1:9999/api/"]
)
def test_the_settings_of_existing_code_are_read(monkeypatch: pytest.MonkeyPatch, base_url: str) -> None:
    monkeypatch.setenv("COMPOSIO_API_KEY", KEY)
    monkeypatch.setenv("COMPOSIO_BASE_URL", base_url)
    assert ComposioToolSet().client.base_url == "http://127.0.0.1:9999"


def test_own_settings_win_over_those_of_existing_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_API_KEY", KEY)
    monkeypatch.setenv("HOLDFAST_BASE_URL", "http://127.0.0.1:1111")
    monkeypatch.setenv("COMPOSIO_BASE_URL", "http://127.0.0.1:2222")
    assert ComposioToolSet().client.base_url == "http://127.0.0.1:1111"


def test_without_a_key_the_error_names_our_variable() -> None:
    with pytest.raises(ConfigurationError, match="HOLDFAST_API_KEY"):
        ComposioToolSet()


def test_expected_params_are_a_dict_with_objects_in_it() -> None:
    response = toolset(linear(FakeServer())).get_expected_params_for_user(app=App.LINEAR)
    assert (response["integration_id"], response["auth_scheme"]) == ("int-1", "API_KEY")
    param = response["expected_params"][0]
    assert (param.name, param.displayName, param.display_name, param.required) == (
        "api_key",
        "API key",
        "API key",
        True,
    )


def test_expected_params_by_integration_ask_once() -> None:
    server = FakeServer().answers(f"GET {INTEGRATIONS}/int-1", INTEGRATION)
    response = toolset(server).get_expected_params_for_user(integration_id="int-1")
    assert response["expected_params"][0].name == "api_key"


def test_a_missing_param_is_named_before_anything_is_sent() -> None:
    server = linear(FakeServer())
    with pytest.raises(ValidationError) as missing:
        toolset(server).initiate_connection(connected_account_params={}, entity_id="jessica", app=App.LINEAR)
    assert "api_key (API key)" in missing.value.message
    assert str(missing.value).count("api_key") == 2
    assert "connected_account_params={'api_key': '…'}" in missing.value.fix
    assert [field.property for field in missing.value.fields] == ["data.api_key"]
    assert [request.method for request in server.requests] == ["GET", "GET"]


def test_a_key_is_connected_at_once() -> None:
    answer = {"connectionStatus": "ACTIVE", "connectedAccountId": ACCOUNT_ID, "redirectUrl": None}
    server = linear(FakeServer()).answers(f"POST {ACCOUNTS}", answer).answers(f"GET {THIS}", account())
    tools = toolset(server)
    request = tools.initiate_connection(
        connected_account_params={"api_key": "lin"},
        entity_id="jessica",
        app=App.LINEAR,
        redirect_url="https://yours.example/cb",
        labels=["primary"],
    )
    assert server.sent() == {
        "integrationId": "int-1",
        "entityId": "jessica",
        "data": {"api_key": "lin"},
        "redirectUri": "https://yours.example/cb",
        "labels": ["primary"],
    }
    assert (request.status, request.connectionStatus, request.redirectUrl) == ("ACTIVE", "ACTIVE", None)
    assert request.wait_until_active(tools.client, timeout=10).id == ACCOUNT_ID


def test_a_lost_user_id_is_refused_and_none_means_the_toolsets_own() -> None:
    with pytest.raises(ValidationError, match="entity_id"):
        toolset(linear(FakeServer())).initiate_connection(
            app=App.LINEAR, entity_id="", connected_account_params={"api_key": "lin"}
        )
    answer = {"connectionStatus": "ACTIVE", "connectedAccountId": ACCOUNT_ID, "redirectUrl": None}
    server = linear(FakeServer()).answers(f"POST {ACCOUNTS}", answer)
    toolset(server).initiate_connection(app=App.LINEAR, connected_account_params={"api_key": "lin"})
    assert server.sent()["entityId"] == "default"


def test_a_failed_connection_ends_the_wait_with_its_reason() -> None:
    reason = {"code": "access_denied", "message": "The person said no.", "mustAct": "endUser"}
    answer = {"connectionStatus": "INITIATED", "connectedAccountId": ACCOUNT_ID, "redirectUrl": "http://x/connect/t"}
    gmail = {**INTEGRATION, "expectedInputFields": []}
    server = (
        FakeServer()
        .answers(f"GET {INTEGRATIONS}/int-1", gmail)
        .answers(f"POST {ACCOUNTS}", answer)
        .answers(f"GET {THIS}", waiting("FAILED", statusReason=reason))
    )
    request = toolset(server).initiate_connection(integration_id="int-1", entity_id="jessica")
    with pytest.raises(ConnectionFailedError, match="The person said no"):
        request.wait_until_active(timeout=5)


def test_collected_params_can_be_saved_later() -> None:
    answer = {"connectionStatus": "INITIATED", "connectedAccountId": ACCOUNT_ID, "redirectUrl": "http://x/connect/t"}
    server = (
        FakeServer()
        .answers(f"GET {INTEGRATIONS}/int-1", {**INTEGRATION, "expectedInputFields": []})
        .answers(f"POST {ACCOUNTS}", answer)
        .answers(f"GET {THIS}", waiting())
        .answers(f"GET {INTEGRATIONS}/int-1", INTEGRATION)
        .answers(f"POST {ACCOUNTS}", {**answer, "connectionStatus": "ACTIVE", "redirectUrl": None})
    )
    tools = toolset(server)
    request = tools.initiate_connection(integration_id="int-1", entity_id="jessica")
    saved = request.save_user_access_data(tools.client, {"api_key": "lin"})
    assert server.sent() == {"integrationId": "int-1", "entityId": "jessica", "data": {"api_key": "lin"}}
    assert saved.status == "ACTIVE"


def test_an_account_has_the_names_existing_code_reads() -> None:
    found = toolset(FakeServer().answers(f"GET {THIS}", account())).get_connected_account(ACCOUNT_ID)
    assert (found.id, found.connectedAccountId, found.status) == (ACCOUNT_ID, ACCOUNT_ID, "ACTIVE")
    assert (found.appUniqueId, found.entityId, found.clientUniqueUserId) == ("gmail", "jessica", "jessica")
    assert found.createdAt == "2026-11-22T19:00:00.000Z"
    assert found.connectionParams["access_token"] == found.connectionParams.access_token == "T0KEN-access"
    assert found.connectionParams.refresh_token is None
    assert found.connectionParams.headers == {"Authorization": "Bearer T0KEN-access"}


def test_printing_shows_credentials_only_where_the_guide_prints_them() -> None:
    server = FakeServer().answers(f"GET {THIS}", account()).answers(f"GET {THIS}/info", account())
    tools = toolset(server)
    found = tools.get_connected_account(ACCOUNT_ID)
    params = tools.get_auth_params(connection_id=found.id)
    assert "'params': [{'name': 'Authorization', 'in': 'header', 'value': 'Bearer T0KEN-access'}]" in str(params)
    assert "T0KEN-access" in str(found.connectionParams)
    hidden = [repr(params), repr(found.connectionParams), repr(found), str(found), repr(tools.client), repr(tools)]
    assert "T0KEN" not in " ".join(hidden)


def test_auth_params_are_listed_under_both_names() -> None:
    params = toolset(FakeServer().answers(f"GET {THIS}/info", account())).get_auth_params(connection_id=ACCOUNT_ID)
    assert params.base_url == "https://www.googleapis.com"
    assert params.params == params.parameters
    assert (params.parameters[0].in_, params.parameters[0].name) == ("header", "Authorization")
    assert params.body == {}


def test_an_entity_gets_its_newest_active_account_of_an_app() -> None:
    older = account(id="old", createdAt="2026-01-01T00:00:00.000Z")
    newer = account(createdAt="2026-02-01T00:00:00.000Z")
    page = {"items": [older, newer], "page": 1, "totalPages": 1}
    server = FakeServer().answers(f"GET {ACCOUNTS}", page).answers(f"GET {THIS}", newer)
    assert toolset(server).get_entity("jessica").get_connection(app=App.GMAIL).id == ACCOUNT_ID
    expected = {"entityId": "jessica", "appNames": "gmail", "status": "ACTIVE", "showDisabled": "false"}
    assert server.query(0) == {**expected, "pageSize": "100", "page": "1"}


def test_an_entity_never_gets_the_account_of_another() -> None:
    server = FakeServer().answers(f"GET {THIS}", account(entityId="melissa"))
    with pytest.raises(NotFoundError, match="'jessica'"):
        toolset(server).get_entity("jessica").get_connection(connected_account_id=ACCOUNT_ID)


def test_an_entity_without_accounts_says_so() -> None:
    server = FakeServer().answers(f"GET {ACCOUNTS}", {"items": [], "page": 1, "totalPages": 0})
    with pytest.raises(NotFoundError, match="no active account of app 'gmail'"):
        toolset(server).get_auth_params(app="GMAIL", entity_id="jessica")


def test_all_accounts_of_the_project_are_listed() -> None:
    page = {"items": [account(), account(id="b", entityId="melissa")], "page": 1, "totalPages": 1}
    server = FakeServer().answers(f"GET {ACCOUNTS}", page)
    assert [found.entityId for found in toolset(server).get_connected_accounts()] == ["jessica", "melissa"]
