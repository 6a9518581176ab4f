"""What both clients share and no network needs: settings, requests as data, answers read, when to try again."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, TypedDict
from urllib.parse import quote, urlsplit

import anyio
import httpx

from holdfast._version import __version__
from holdfast.errors import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    FieldError,
    HoldfastError,
    NetworkError,
    NotFoundError,
    RateLimitError,
    ServerError,
    UnexpectedAnswerError,
    ValidationError,
    invalid_input,
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

    Raises ConfigurationError when there is no key, or a key or URL that cannot be used.
    """
    key = (api_key or _environment(prefixes, "API_KEY") or "").strip()
    if not key:
        raise ConfigurationError(
            "No API key was given.",
            code="configuration",
            fix=f"Pass api_key=… or set {prefixes[0]}_API_KEY; the server prints its key when it starts.",
        )
    if not all("!" <= character <= "~" for character in key):
        raise ConfigurationError(
            "The API key holds characters that a key cannot have.",
            code="configuration",
            fix="Copy it again, without spaces, quotes or line breaks.",
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
    if not _is_server_address(url):
        raise ConfigurationError(
            "base_url is not the address of a server.",
            code="configuration",
            fix=f"Give it like {DEFAULT_BASE_URL}: no user name, password, query or fragment.",
        )
    return url


def _is_server_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    beyond = parts.username or parts.password or parts.query or parts.fragment
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not beyond


def segment(value: str, name: str) -> str:
    """The value as one segment of a path. Raises ValidationError when it is empty or would make another path."""
    if value in {"", ".", ".."}:
        raise invalid_input(name, "is missing", f"Pass {name} as the server gave it out.")
    return quote(value, safe="")


Query = Mapping[str, "str | int | bool | Sequence[str] | None"]


def query_params(query: Query) -> dict[str, str]:
    """The query with None left out, lists joined by commas and booleans as `true` or `false`."""
    return {name: _query_text(value) for name, value in query.items() if value is not None}


def _query_text(value: str | int | bool | Sequence[str]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    return ",".join(value)


def given(**values: Any) -> dict[str, Any]:
    """The values that are not None: the others stay out of a request body."""
    return {name: value for name, value in values.items() if value is not None}


def read_answer(response: httpx.Response) -> Any:
    """The JSON of a success. Raises HoldfastError of the class that fits for everything else."""
    if not response.is_success:
        raise error_of(response)
    if not response.content:
        return {}
    try:
        return response.json()
    except ValueError:
        raise _not_holdfast(response, "The answer is not JSON.") from None


def error_of(response: httpx.Response) -> HoldfastError:
    """Reads the error body; a body of someone else (a proxy's page) still gives a useful error."""
    status = response.status_code
    if status < 400:
        return _not_holdfast(response, "The server redirects to another address.")
    body = _json_object(response)
    message, code = _text(body, "message"), _text(body, "code") or _CODES.get(status, f"http_{status}")
    facts = _Facts(
        code=code,
        fix=_text(body, "fix") or "Check that base_url is the address of a Holdfast server, and read its log.",
        status=status,
        request_id=response.headers.get("x-request-id") or _text(body, "requestId"),
        fields=[
            FieldError(str(item.get("property", "")), str(item.get("message", "is wrong")))
            for item in body.get("errors") or ()
            if isinstance(item, dict)
        ],
    )
    said = message or f"The server answered HTTP {status} and gave no reason."
    if status == 429:
        return RateLimitError(said, retry_after=retry_after(response), **facts)
    if status == 400:
        return (ValidationError if code == "validation_failed" else BadRequestError)(said, **facts)
    if status in {401, 403}:
        return AuthenticationError(said, **facts)
    if status == 404:
        return NotFoundError(said, **facts)
    return (ServerError if status >= 500 else BadRequestError)(said, **facts)


class _Facts(TypedDict):
    code: str
    fix: str
    status: int
    request_id: str | None
    fields: list[FieldError]


#: Where the answer is not the server's own, by status.
_CODES: Mapping[int, str] = {
    401: "unauthorized",
    404: "not_found",
    429: "rate_limited",
    500: "internal",
    502: "provider_unavailable",
}


def _not_holdfast(response: httpx.Response, message: str) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        message,
        code="unexpected_answer",
        status=response.status_code,
        request_id=response.headers.get("x-request-id"),
        fix="Set base_url or HOLDFAST_BASE_URL to the address of the Holdfast server itself.",
    )


def _json_object(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) and value else None


def network_error(cause: httpx.TransportError, base_url: str) -> NetworkError:
    """The cause's own words stay out: with a proxy or another transport they may hold more than they should."""
    host = urlsplit(base_url).netloc
    if isinstance(cause, (httpx.ConnectTimeout, httpx.ConnectError)):
        return NetworkError(
            f"No server answers at {host}.",
            code="network_error",
            fix="Start the server, or correct base_url or HOLDFAST_BASE_URL.",
        )
    if isinstance(cause, httpx.TimeoutException):
        return NetworkError(
            f"{host} did not answer in time.",
            code="request_timeout",
            fix="Check that it is healthy, or raise timeout. Before repeating a write, look whether it was done.",
        )
    return NetworkError(
        f"The connection to {host} broke.",
        code="network_error",
        fix="Try again. Before repeating a write, look whether it was done.",
    )


def may_retry(method: str, status: int | None) -> bool:
    """Only reading is repeated, and only where another try can help. `status` is None when no answer came."""
    return method == "GET" and (status is None or status in {429, 502, 503, 504})


def pause_before_retry(
    attempt: int, response: httpx.Response | None, draw: Callable[[], float] = random.random
) -> float:
    """Seconds: the server's Retry-After, else half a second doubling with each attempt, with jitter."""
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
