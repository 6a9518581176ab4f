"""What both clients share and no network needs: settings, requests as data, answers read, when to try again."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import anyio
import httpx

from holdfast._version import __version__
from holdfast.errors import (
    AuthenticationError,
    FieldError,
    HoldfastError,
    NetworkError,
    NotFoundError,
    RateLimitError,
    ServerError,
    ValidationError,
)

DEFAULT_BASE_URL = "http://127.0.0.1:4280"

#: Retries of one GET, after the first try.
MAX_RETRIES = 2
#: A Retry-After beyond this is handed to the caller instead of slept through.
LONGEST_PAUSE_SECONDS = 30.0
#: One long wait on the server; below the 30 seconds after which many proxies give up.
LONGEST_WAIT_SECONDS = 25
#: Between two long waits that ended early, so that a server that cannot wait is not flooded.
SHORTEST_WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class Clock:
    """Time as the sync client sees it."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class AsyncClock:
    """Time as the async client sees it."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep


@dataclass(frozen=True)
class Settings:
    """Where the server is and how to talk to it."""

    base_url: str
    api_key: str = field(repr=False)
    timeout: float

    @property
    def trust_env(self) -> bool:
        """Whether proxies of the environment are used: never for a server on this machine."""
        return urlsplit(self.base_url).hostname not in {"127.0.0.1", "localhost", "::1"}

    def headers(self) -> dict[str, str]:
        return {
            "x-api-key": self.api_key,
            "accept": "application/json",
            "user-agent": f"holdfast-python/{__version__}",
        }


def read_settings(
    api_key: str | None,
    base_url: str | None,
    timeout: float,
    *,
    prefixes: Sequence[str] = ("HOLDFAST",),
) -> Settings:
    """Fills what was not given from the environment: `{prefix}_API_KEY` and `{prefix}_BASE_URL`, first prefix first.

    Raises AuthenticationError when there is no key; ValidationError when the base URL is none.
    """
    key = (api_key or _environment(prefixes, "API_KEY") or "").strip()
    if not key:
        raise AuthenticationError(
            "No API key was given.",
            code="api_key_missing",
            fix=f"Pass api_key=… or set {prefixes[0]}_API_KEY; the server prints its key when it starts.",
        )
    if not (key.isascii() and key.isprintable()):
        raise AuthenticationError(
            "The API key holds characters that no key has.", code="api_key_invalid", fix="Copy the key again, whole."
        )
    return Settings(
        base_url=_clean_base_url(base_url or _environment(prefixes, "BASE_URL") or DEFAULT_BASE_URL),
        api_key=key,
        timeout=timeout,
    )


def _environment(prefixes: Sequence[str], name: str) -> str | None:
    return next((value for prefix in prefixes if (value := os.environ.get(f"{prefix}_{name}"))), None)


def _clean_base_url(text: str) -> str:
    """Cuts slashes and the `/api` that some clients expect in the base URL."""
    url = text.strip().rstrip("/").removesuffix("/api").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValidationError(
            "base_url is not the address of a server.",
            code="base_url_invalid",
            fix=f"Give it as http(s)://host:port, for example {DEFAULT_BASE_URL}.",
        )
    return url


def segment(value: str, name: str) -> str:
    """Returns The value as one segment of a path. Raises ValidationError when it is empty or would change the path."""
    if not value or value in {".", ".."}:
        raise ValidationError(
            f"{name} is empty." if not value else f"{name} is not an id.",
            code="validation_failed",
            fix=f"Pass the {name} that the server gave out.",
            fields=[FieldError(name, "is required")],
        )
    return quote(value, safe="")


Query = Mapping[str, "str | int | bool | Sequence[str] | None"]


def query_params(query: Query) -> dict[str, str]:
    """Returns The query with None left out, lists joined by commas and booleans as `true` or `false`."""
    return {name: _query_text(value) for name, value in query.items() if value is not None}


def _query_text(value: str | int | bool | Sequence[str]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    return ",".join(value)


def given(**values: Any) -> dict[str, Any]:
    """Returns The values that are not None: the others stay out of a request body."""
    return {name: value for name, value in values.items() if value is not None}


def read_answer(response: httpx.Response) -> Any:
    """Returns The JSON of a success. Raises HoldfastError of the class that fits, for everything else."""
    if not response.is_success:
        raise error_of(response)
    if not response.content:
        return {}
    try:
        return response.json()
    except ValueError:
        raise ServerError(
            "The answer is not JSON.",
            code="answer_unreadable",
            status=response.status_code,
            request_id=response.headers.get("x-request-id"),
            fix="Check that base_url is the address of a Holdfast server and not of something in front of it.",
        ) from None


def error_of(response: httpx.Response) -> HoldfastError:
    """Reads the error body; a body of someone else (a proxy's page) still gives a useful error."""
    body = _json_object(response)
    status = response.status_code
    message = body.get("message")
    facts: dict[str, Any] = {
        "code": str(body.get("code") or f"http_{status}"),
        "fix": str(body.get("fix") or _FIXES.get(status, "Check that base_url is the address of a Holdfast server.")),
        "status": status,
        "request_id": body.get("requestId") or response.headers.get("x-request-id"),
        "fields": [
            FieldError(str(item.get("property", "")), str(item.get("message", "is wrong")))
            for item in body.get("errors") or body.get("details") or ()
            if isinstance(item, dict)
        ],
    }
    text = message if isinstance(message, str) and message else f"The server answered HTTP {status}."
    if status == 429:
        return RateLimitError(text, retry_after=retry_after(response), **facts)
    kind = _CLASSES.get(status, ServerError if status >= 500 else HoldfastError)
    return kind(text, **facts)


_CLASSES: Mapping[int, type[HoldfastError]] = {
    400: ValidationError,
    401: AuthenticationError,
    404: NotFoundError,
}

_FIXES: Mapping[int, str] = {
    400: "Correct the request and send it again.",
    401: "Pass a valid API key of this server.",
    404: "Check the id, and that base_url is the address of a Holdfast server.",
    429: "Wait a while and try again.",
    500: "Try again; report the request id if it happens again.",
    502: "Try again later.",
}


def _json_object(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def network_error(cause: httpx.TransportError, base_url: str) -> NetworkError:
    host = urlsplit(base_url).netloc
    if isinstance(cause, httpx.ConnectTimeout | httpx.ConnectError):
        return NetworkError(
            f"No server answers at {host}.",
            code="server_unreachable",
            fix="Start the server, or correct base_url or HOLDFAST_BASE_URL.",
        )
    if isinstance(cause, httpx.TimeoutException):
        return NetworkError(
            f"{host} did not answer in time.",
            code="timeout",
            fix="Try again, or give the client a longer timeout. Before repeating a write, look whether it was done.",
        )
    return NetworkError(
        f"The connection to {host} broke.",
        code="connection_broken",
        fix="Try again. Before repeating a write, look whether it was done.",
    )


def may_retry(method: str, status: int | None) -> bool:
    """Only reading is repeated, and only where another try can help. `status` is None when no answer came."""
    return method == "GET" and (status is None or status in {429, 502})


def pause_before_retry(
    attempt: int, response: httpx.Response | None, draw: Callable[[], float] = random.random
) -> float:
    """Returns Seconds: the server's Retry-After, else half a second doubling with each attempt, with jitter."""
    named = retry_after(response) if response is not None else None
    return named if named is not None else float(0.5 * 2**attempt * (0.5 + draw() / 2))


def retry_after(response: httpx.Response) -> float | None:
    """Reads Retry-After, in seconds or as a date (RFC 9110 section 10.2.3)."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (then - datetime.now(timezone.utc)).total_seconds()) if then.tzinfo is not None else None
