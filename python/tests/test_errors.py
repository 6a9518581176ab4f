from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import httpx
import pytest
from fake_server import ACCOUNT_ID, KEY, FakeServer, account, waiting

from holdfast import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    HoldfastError,
    NetworkError,
    NotFoundError,
    RateLimitError,
    ServerError,
    UnexpectedAnswerError,
    ValidationError,
)

PROJECT = "GET /api/v1/project"
ANSWER = {"id": "p1", "name": "Acme", "mode": "test"}


def body(code: str, message: str = "It did not work.", **more: object) -> dict[str, object]:
    return {"code": code, "message": message, "fix": "Do this.", "requestId": "req-1", "errors": [], **more}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "validation_failed", ValidationError),
        (400, "credential_refused", BadRequestError),
        (401, "unauthorized", AuthenticationError),
        (404, "not_found", NotFoundError),
        (500, "internal", ServerError),
    ],
)
def test_each_status_has_its_class(status: int, code: str, kind: type[HoldfastError]) -> None:
    server = FakeServer().answers(PROJECT, body(code), status=status)
    with pytest.raises(HoldfastError) as raised:
        server.client().projects.current()
    assert type(raised.value) is kind
    assert (raised.value.code, raised.value.status, raised.value.request_id) == (code, status, "req-1")
    assert raised.value.fix == "Do this."


def test_the_text_says_what_to_do_and_names_every_field() -> None:
    fields = [
        {"property": "data.shop_name", "message": "is required"},
        {"property": "data.api_key", "message": "must be text"},
    ]
    answer = body("validation_failed", "data.shop_name: is required", errors=fields)
    server = FakeServer().answers("POST /api/v1/connectedAccounts", answer, status=400)
    with pytest.raises(ValidationError) as raised:
        server.client().connected_accounts.initiate(entity_id="jessica", integration_id="int-1")
    assert str(raised.value) == (
        "data.shop_name: is required. data.api_key: must be text. Do this. [validation_failed, HTTP 400, request req-1]"
    )
    assert [field.property for field in raised.value.fields] == ["data.shop_name", "data.api_key"]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_tried_again_and_then_succeeds(status: int) -> None:
    server = FakeServer().answers(PROJECT, body("x"), status=status).answers(PROJECT, ANSWER)
    assert server.client().projects.current().id == "p1"
    assert len(server.slept) == 1 and 0.25 <= server.slept[0] <= 0.5


def test_a_read_is_tried_three_times_at_most() -> None:
    server = FakeServer()
    for _ in range(3):
        server.breaks(PROJECT, httpx.ConnectError("refused"))
    with pytest.raises(NetworkError, match=r"No server answers at 127\.0\.0\.1:4280"):
        server.client().projects.current()
    assert server.done()


def test_retry_after_is_obeyed() -> None:
    server = (
        FakeServer()
        .answers(PROJECT, body("rate_limited"), status=429, headers={"retry-after": "7"})
        .answers(PROJECT, ANSWER)
    )
    server.client().projects.current()
    assert server.slept == [7.0]


def test_a_long_retry_after_is_told_and_not_slept_through() -> None:
    server = FakeServer().answers(PROJECT, body("rate_limited"), status=429, headers={"retry-after": "600"})
    with pytest.raises(RateLimitError) as limited:
        server.client().projects.current()
    assert limited.value.retry_after == 600
    assert server.slept == []


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(timezone.utc) + timedelta(hours=1), usegmt=True)
    server = FakeServer().answers(PROJECT, body("rate_limited"), status=429, headers={"retry-after": date})
    with pytest.raises(RateLimitError) as limited:
        server.client().projects.current()
    assert limited.value.retry_after == pytest.approx(3600, abs=5)


@pytest.mark.parametrize("status", [429, 502])
def test_a_write_is_never_repeated(status: int) -> None:
    server = FakeServer().answers("POST /api/v1/projects", body("x"), status=status)
    with pytest.raises(HoldfastError):
        server.client().projects.create(name="Acme")
    assert server.slept == []


def test_a_write_without_an_answer_says_to_look_first() -> None:
    server = FakeServer().breaks("POST /api/v1/projects", httpx.ReadTimeout("slow"))
    with pytest.raises(NetworkError, match="Before repeating a write") as late:
        server.client().projects.create(name="Acme")
    assert late.value.code == "request_timeout"


def test_a_wait_does_not_try_again_after_its_end() -> None:
    call = f"GET /api/v1/connectedAccounts/{ACCOUNT_ID}"
    server = FakeServer().answers(call, body("provider_unavailable"), status=502, after=10)
    with pytest.raises(ServerError):
        server.client().connected_accounts.wait_until_active(ACCOUNT_ID, 5)


def test_a_page_of_something_else_is_no_answer() -> None:
    server = FakeServer().answers_text(PROJECT, "<html>Welcome</html>")
    with pytest.raises(UnexpectedAnswerError, match="base_url"):
        server.client().projects.current()


def test_an_error_page_of_something_else_is_still_an_error_of_its_class() -> None:
    server = FakeServer().answers_text(PROJECT, "<html>Nothing here</html>", status=404)
    with pytest.raises(NotFoundError, match="HTTP 404"):
        server.client().projects.current()


def test_a_redirect_is_not_followed() -> None:
    server = FakeServer().answers(PROJECT, status=301, headers={"location": "https://elsewhere.example/"})
    with pytest.raises(UnexpectedAnswerError):
        server.client().projects.current()
    assert len(server.requests) == 1


def test_nothing_secret_is_printed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    failed = account(status="FAILED", statusReason={"code": "access_denied", "message": "No.", "mustAct": "endUser"})
    call = f"GET /api/v1/connectedAccounts/{ACCOUNT_ID}"
    server = (
        FakeServer()
        .answers(call, account())
        .answers(f"{call}/info", {**account(), "body": {"token": "T0KEN-body"}})
        .answers(call, failed)
        .answers(PROJECT, body("unauthorized"), status=401)
    )
    client = server.client()
    found = client.connected_accounts.get(ACCOUNT_ID)
    params = client.connected_accounts.get_auth_params(ACCOUNT_ID)
    with pytest.raises(ConnectionFailedError) as ended:
        client.connected_accounts.wait_until_active(ACCOUNT_ID)
    with pytest.raises(AuthenticationError) as refused:
        client.projects.current()

    kept = ended.value.account
    assert (kept.connection_params, kept.auth_params) == ({}, None)
    printed = [client, client.__dict__, found, found.connection_params, params, params.params, params.body, kept.raw]
    text = " ".join(f"{one} {one!r}" for one in [*printed, ended.value, refused.value]) + caplog.text
    assert "T0KEN" not in text
    assert KEY not in text
    assert "access_token=***" in text


def test_a_waiting_account_has_no_credentials_to_show() -> None:
    server = FakeServer().answers(f"GET /api/v1/connectedAccounts/{ACCOUNT_ID}", waiting())
    found = server.client().connected_accounts.get(ACCOUNT_ID)
    assert (found.connection_params, found.auth_params) == ({}, None)
