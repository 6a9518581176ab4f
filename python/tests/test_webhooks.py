from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from holdfast import HoldfastError, WebhookVerificationError, verify_webhook

SECRET = "whsec_" + base64.b64encode(bytes([7]) * 32).decode()
OTHER = "whsec_" + base64.b64encode(bytes([8]) * 24).decode()
SENT_AT = 1_795_600_800

EVENT: dict[str, Any] = {
    "type": "connected_account.expired",
    "timestamp": "2026-11-25T10:00:00.000Z",
    "data": {
        "connectedAccount": {"id": "a1", "appName": "gmail", "status": "EXPIRED", "entityId": "user_42"},
        "previousStatus": "ACTIVE",
        "status": "EXPIRED",
        "statusReason": {"code": "grant_revoked", "message": "Gone.", "mustAct": "endUser"},
        "entityId": "user_42",
        "integrationId": "i1",
        "app": "gmail",
        "sequence": 3,
    },
}
BODY = json.dumps(EVENT, ensure_ascii=False)


def signature(body: str, secret: str = SECRET, webhook_id: str = "msg_1", at: int = SENT_AT) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{webhook_id}.{at}.{body}".encode(), hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def headers(body: str = BODY, secret: str = SECRET) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(SENT_AT),
        "webhook-signature": signature(body, secret),
    }


def test_the_vector_of_the_standard_is_taken() -> None:
    """From the documentation of the standard's reference library."""
    event = verify_webhook(
        '{"test": 2432232314}',
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        now=1614265330,
    )
    assert event.raw == {"test": 2432232314}


@pytest.mark.parametrize("body", [BODY, BODY.encode()])
def test_a_signed_message_says_what_happened(body: bytes | str) -> None:
    given = [(name.upper(), value) for name, value in headers().items()]
    event = verify_webhook(body, given, SECRET, now=SENT_AT)
    assert (event.webhook_id, event.type, event.sequence, event.test) == ("msg_1", EVENT["type"], 3, False)
    assert (event.entity_id, event.integration_id, event.app) == ("user_42", "i1", "gmail")
    assert (event.previous_status, event.status) == ("ACTIVE", "EXPIRED")
    assert event.status_reason is not None
    assert event.status_reason.must_act == "endUser"
    assert (event.connected_account.id, event.connected_account.app_key) == ("a1", "gmail")
    assert event.timestamp is not None
    assert event.timestamp.isoformat() == "2026-11-25T10:00:00+00:00"
    assert event.raw == EVENT


def test_a_message_of_the_first_generation_is_in_raw() -> None:
    body = json.dumps({"type": "connected_account.add.completed", "timestamp": EVENT["timestamp"], "data": {}})
    assert verify_webhook(body, headers(body), SECRET, now=SENT_AT).type == "connected_account.add.completed"


@pytest.mark.parametrize("position", range(0, len(BODY), 7))
def test_one_other_character_is_refused(position: int) -> None:
    other = "y" if BODY[position] == "x" else "x"
    with pytest.raises(WebhookVerificationError, match="No signature"):
        verify_webhook(BODY[:position] + other + BODY[position + 1 :], headers(), SECRET, now=SENT_AT)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_it_is_taken_for_five_minutes(seconds: int) -> None:
    verify_webhook(BODY, headers(), SECRET, now=SENT_AT + seconds)


@pytest.mark.parametrize(("seconds", "words"), [(301, "too old"), (-301, "future")])
def test_and_no_longer(seconds: int, words: str) -> None:
    with pytest.raises(WebhookVerificationError, match=words):
        verify_webhook(BODY, headers(), SECRET, now=SENT_AT + seconds)
    verify_webhook(BODY, headers(), SECRET, now=SENT_AT + seconds, tolerance=3600)


def test_during_a_rotation_either_secret_will_do() -> None:
    both = {**headers(), "webhook-signature": f"v1a,abc {signature(BODY, OTHER)} v1,%%% {signature(BODY)}"}
    for known in (SECRET, OTHER, [OTHER, SECRET]):
        verify_webhook(BODY, both, known, now=SENT_AT)
    verify_webhook(BODY, headers(), [OTHER, SECRET], now=SENT_AT)
    with pytest.raises(WebhookVerificationError, match="No signature"):
        verify_webhook(BODY, headers(), OTHER, now=SENT_AT)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name: str) -> None:
    given = {key: value for key, value in headers().items() if key != name}
    with pytest.raises(WebhookVerificationError, match=f"{name} is missing"):
        verify_webhook(BODY, given, SECRET, now=SENT_AT)


@pytest.mark.parametrize("secret", ["my-secret", "whsec_c2hvcnQ=", "", "whsec_%%%"])
def test_a_secret_of_something_else_is_told_apart(secret: str) -> None:
    with pytest.raises(HoldfastError) as raised:
        verify_webhook(BODY, headers(), secret, now=SENT_AT)
    assert raised.value.code == "webhook_not_verified"
    assert "begins with whsec_" in raised.value.fix


def test_what_is_signed_but_no_message_is_refused() -> None:
    for body in ("[]", "not json"):
        with pytest.raises(WebhookVerificationError, match="not an object"):
            verify_webhook(body, headers(body), SECRET, now=SENT_AT)
