"""A server of prepared answers. Every answer must be asked for, in order; anything else fails the test."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import httpx

from holdfast import AsyncHoldfast, Holdfast
from holdfast._core import AsyncClock, Clock

KEY = "hf_test_k1_S3cretS3cretS3cret"

ACCOUNT_ID = "9a1b7c44-0d0f-4a38-8a55-6f3c1f1f0f01"

ACCOUNT: dict[str, Any] = {
    "id": ACCOUNT_ID,
    "connectedAccountId": ACCOUNT_ID,
    "integrationId": "int-1",
    "appUniqueId": "gmail",
    "appName": "gmail",
    "authScheme": "OAUTH2",
    "clientUniqueUserId": "jessica",
    "entityId": "jessica",
    "status": "ACTIVE",
    "statusReason": None,
    "enabled": True,
    "isDisabled": False,
    "verification": "verified",
    "identity": {"id": "p1", "name": "Jessica Ray", "email": "jessica@example.com", "avatar": None},
    "labels": ["primary"],
    "requestedScopes": ["mail.read"],
    "grantedScopes": ["mail.read"],
    "expiresAt": "2026-11-22T20:00:00.000Z",
    "simulated": True,
    "createdAt": "2026-11-22T19:00:00.000Z",
    "updatedAt": "2026-11-22T19:00:00.000Z",
    "connectionParams": {
        "access_token": "T0KEN-access",
        "headers": {"Authorization": "Bearer T0KEN-access"},
        "queryParams": {},
        "base_url": "https://www.googleapis.com",
    },
    "base_url": "https://www.googleapis.com",
    "params": [{"name": "Authorization", "in": "header", "value": "Bearer T0KEN-access"}],
    "parameters": [{"name": "Authorization", "in": "header", "value": "Bearer T0KEN-access"}],
    "body": {},
    "fieldOfALaterVersion": {"any": ["thing"]},
}

INTEGRATION: dict[str, Any] = {
    "id": "int-1",
    "name": "linear",
    "authScheme": "API_KEY",
    "appId": "linear",
    "appName": "linear",
    "enabled": True,
    "createdAt": "2026-11-22T19:00:00.000Z",
    "updatedAt": "2026-11-22T19:00:00.000Z",
    "expectedInputFields": [
        {
            "name": "api_key",
            "type": "string",
            "displayName": "API key",
            "display_name": "API key",
            "description": "Personal key of the account",
            "default": None,
            "required": True,
            "expected_from_customer": True,
            "is_secret": True,
            "get_current_user_endpoint": None,
        }
    ],
}


def account(**changes: Any) -> dict[str, Any]:
    return {**ACCOUNT, **changes}


def waiting(status: str = "INITIATED", **changes: Any) -> dict[str, Any]:
    """An account that has no credentials yet."""
    secret = {"connectionParams", "base_url", "params", "parameters", "body"}
    bare = {name: value for name, value in ACCOUNT.items() if name not in secret}
    return {**bare, "connectionParams": {}, "status": status, **changes}


@dataclass
class FakeServer:
    requests: list[httpx.Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    now: float = 1000.0
    _answers: deque[tuple[str, httpx.Response | Exception, float]] = field(default_factory=deque)

    def answers(
        self,
        call: str,
        body: object = None,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        after: float = 0,
    ) -> FakeServer:
        """Prepares the answer to one call, written as `GET /api/v1/apps`, that takes `after` seconds."""
        self._answers.append((call, httpx.Response(status, json=body, headers=headers), after))
        return self

    def answers_text(self, call: str, text: str, *, status: int = 200) -> FakeServer:
        self._answers.append((call, httpx.Response(status, text=text), 0))
        return self

    def breaks(self, call: str, error: Exception) -> FakeServer:
        self._answers.append((call, error, 0))
        return self

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = f"{request.method} {request.url.raw_path.decode().split('?')[0]}"
        assert self._answers, f"unexpected {asked}"
        call, answer, after = self._answers.popleft()
        assert asked == call
        self.requests.append(request)
        self.now += after
        if isinstance(answer, Exception):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self)

    def client(self) -> Holdfast:
        return Holdfast(KEY, transport=self.transport, clock=Clock(lambda: self.now, self.sleep))

    def async_client(self) -> AsyncHoldfast:
        return AsyncHoldfast(KEY, transport=self.transport, clock=AsyncClock(lambda: self.now, self.sleep_async))

    def sent(self, number: int = -1) -> Any:
        """The JSON body of a request; the last one by default."""
        return json.loads(self.requests[number].content)

    def query(self, number: int = -1) -> dict[str, str]:
        return dict(self.requests[number].url.params)

    def done(self) -> bool:
        return not self._answers
