"""Receiving webhooks: `verify_webhook` checks the signature by Standard Webhooks and returns what happened.

::

    event = verify_webhook(body, headers, secret)   # body: exactly the bytes that arrived
    if event.type == "connected_account.expired":
        ask_to_reconnect(event.entity_id)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from holdfast.errors import WebhookVerificationError
from holdfast.models import ConnectedAccount, Json, StatusReason, _time

__all__ = ["WebhookEvent", "verify_webhook"]

_FIXES: Mapping[str, str] = {
    "missing": "It was not sent by a Holdfast server, or a proxy took its headers away.",
    "stale": (
        "Check the clocks of both machines; a message that was recorded and played back is refused for the same reason."
    ),
    "signature": "Check that the secret belongs to this endpoint, and that the body is what arrived, byte by byte.",
}


@dataclass(frozen=True)
class WebhookEvent:
    """What a webhook tells."""

    webhook_id: str
    """The same in every attempt, so that a message that comes twice can be known."""
    type: str
    timestamp: datetime | None
    """When it happened."""
    connected_account: ConnectedAccount
    """As it was then, without credentials."""
    previous_status: str | None
    status: str
    status_reason: StatusReason | None
    entity_id: str
    integration_id: str
    app: str
    sequence: int
    """Counts the events of the account. Messages may arrive out of order: ignore one lower than what you have."""
    test: bool
    """A test event: its account does not exist."""
    raw: Json = field(repr=False, compare=False)
    """The whole message; all there is for an endpoint of format v1."""


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, Any] | Iterable[tuple[str, str]],
    secret: str | Sequence[str],
    *,
    tolerance: float = 300,
    now: float | None = None,
) -> WebhookEvent:
    """Checks that a message comes from your Holdfast server and was sent just now.

    Args:
        body: Exactly as it arrived; a body that was parsed and written again no longer matches its signature.
        headers: Names in any case.
        secret: The endpoint's `whsec_…`. Several while you exchange one for another: any of them may have signed.
        tolerance: Seconds that the message may be old, or ahead.
        now: Seconds since 1970; for tests.

    Raises:
        WebhookVerificationError: Answer 400 then, and do nothing else.
    """
    content = body.encode() if isinstance(body, str) else bytes(body)
    webhook_id, timestamp, signatures = _read(headers)
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise _refused("The webhook-timestamp is not a number of seconds.", "stale")
    ahead = int(timestamp) - (time.time() if now is None else now)
    if ahead < -tolerance:
        raise _refused("The message is too old.", "stale")
    if ahead > tolerance:
        raise _refused("The message comes from the future.", "stale")

    signed = f"{webhook_id}.{timestamp}.".encode() + content
    secrets = [secret] if isinstance(secret, str) else secret
    expected = [hmac.new(_key(text), signed, hashlib.sha256).digest() for text in secrets]
    if not _is_signed(signatures, expected):
        raise _refused("No signature is by this secret.", "signature")
    try:
        message = json.loads(content)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise _refused("The message is not an object.", "signature")
    return _event(webhook_id, message)


def _read(headers: Mapping[str, Any] | Iterable[tuple[str, str]]) -> tuple[str, str, str]:
    items = headers.items() if isinstance(headers, Mapping) else headers
    lower = {str(name).lower(): str(value) for name, value in items}
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        if not lower.get(name):
            raise _refused(f"The header {name} is missing.", "missing")
    return lower["webhook-id"], lower["webhook-timestamp"], lower["webhook-signature"]


def _key(secret: str) -> bytes:
    key = _decoded(secret.strip().removeprefix("whsec_"))
    if key is None or not 24 <= len(key) <= 64:
        raise WebhookVerificationError(
            "The secret is not one of a webhook endpoint.",
            "Use the text that begins with whsec_, from the answer that created the endpoint or from its secret route.",
        )
    return key


def _is_signed(signatures: str, expected: Sequence[bytes]) -> bool:
    found = False
    for signature in signatures.split(" "):
        version, _, encoded = signature.partition(",")
        given = _decoded(encoded) if version == "v1" else None
        for wanted in expected:
            # All are compared, each in constant time.
            found |= given is not None and hmac.compare_digest(given, wanted)
    return found


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _event(webhook_id: str, message: dict[str, Any]) -> WebhookEvent:
    data = message.get("data")
    facts: Json = data if isinstance(data, dict) else {}
    reason = facts.get("statusReason")
    return WebhookEvent(
        webhook_id=webhook_id,
        type=str(message.get("type", "")),
        timestamp=_time(message, "timestamp"),
        connected_account=ConnectedAccount.from_wire(facts.get("connectedAccount") or {}),
        previous_status=facts.get("previousStatus"),
        status=str(facts.get("status", "")),
        status_reason=StatusReason.from_wire(reason) if reason else None,
        entity_id=str(facts.get("entityId", "")),
        integration_id=str(facts.get("integrationId", "")),
        app=str(facts.get("app", "")),
        sequence=int(facts.get("sequence", 0)),
        test=bool(facts.get("test", False)),
        raw=message,
    )


def _refused(message: str, kind: str) -> WebhookVerificationError:
    return WebhookVerificationError(message, _FIXES[kind])
