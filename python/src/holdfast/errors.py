"""Everything that can go wrong, readable in one place.

::

    HoldfastError               code, status, message, fix, request_id, fields
    ├── ConfigurationError      no API key or no usable base URL; nothing was sent
    ├── BadRequestError         400: the server refuses the request; `code` says why
    │   └── ValidationError     an input is wrong; `fields` names each. Also raised before sending
    ├── AuthenticationError     401, 403: the API key is wrong, expired or of the wrong kind
    ├── NotFoundError           404: no such thing in the project of this key
    ├── RateLimitError          429: too many requests; see `retry_after`
    ├── ServerError             5xx: the server, or the app behind it, failed
    ├── NetworkError            no answer: connection refused, name unknown, timeout
    ├── UnexpectedAnswerError   something answered, but not as a Holdfast server does
    ├── ConnectionFailedError   the connection ended FAILED or EXPIRED; see `reason` and `account`
    ├── WaitTimeoutError        the connection was not active in time; see `account`
    └── WebhookVerificationError  a message is not from your server, or not of now

Codes are stable and made for `if`; messages are for people. No error holds a credential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.models import ConnectedAccount, StatusReason


@dataclass(frozen=True)
class FieldError:
    """A field that is wrong, by its path in the request: `data.shop_name`."""

    property: str
    message: str


class HoldfastError(Exception):
    """An error with what to do about it. `str()` gives message, fix and the numbers support asks for."""

    code: str
    """Stable name of the problem, such as `validation_failed`."""
    status: int | None
    """The HTTP status; None when the problem was seen before or without an answer."""
    message: str
    fix: str
    request_id: str | None
    """Finds the request in the server's log."""
    fields: tuple[FieldError, ...]

    def __init__(
        self,
        message: str,
        *,
        code: str,
        fix: str,
        status: int | None = None,
        request_id: str | None = None,
        fields: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.fix = fix
        self.request_id = request_id
        self.fields = tuple(fields)

    def __str__(self) -> str:
        facts = [self.code]
        if self.status is not None:
            facts.append(f"HTTP {self.status}")
        if self.request_id is not None:
            facts.append(f"request {self.request_id}")
        # The message names the first field already; the others would be lost without this.
        others = [
            f"{field.property}: {field.message}"
            for field in self.fields
            if field.property.removeprefix("data.") not in self.message
        ]
        return " ".join([*(_sentence(text) for text in (self.message, *others, self.fix)), f"[{', '.join(facts)}]"])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class ConfigurationError(HoldfastError):
    """The arguments and the environment do not say which server to call, or with which key. Nothing was sent."""


class BadRequestError(HoldfastError):
    """400: the server understood the request and refuses it. `code` says why: `credential_refused`, `conflict`, …"""


class ValidationError(BadRequestError):
    """An input is wrong; `fields` names each. Raised without a request when it can be seen before."""


class AuthenticationError(HoldfastError):
    """401 or 403: the API key is wrong, expired or of the wrong kind."""


class NotFoundError(HoldfastError):
    """404: no such thing in the project of this key. Another project's things are not found either."""


class RateLimitError(HoldfastError):
    """429: too many requests. `retry_after` is in seconds, None when the server named no time."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        fix: str,
        status: int | None = None,
        request_id: str | None = None,
        fields: Sequence[FieldError] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=code, fix=fix, status=status, request_id=request_id, fields=fields)
        self.retry_after = retry_after


class ServerError(HoldfastError):
    """5xx: the server, or the app behind it (`provider_unavailable`), failed. Trying again later may help."""


class NetworkError(HoldfastError):
    """No answer came. A GET was already tried again; any other call may or may not have been carried out."""


class UnexpectedAnswerError(HoldfastError):
    """Something answered, but not as a Holdfast server does: `base_url` leads elsewhere."""


class ConnectionFailedError(HoldfastError):
    """The connection ended and will not become active by waiting. `reason.must_act` says whose turn it is."""

    def __init__(self, account: ConnectedAccount) -> None:
        reason = account.status_reason
        said = f": {_sentence(reason.message)}" if reason is not None and reason.message else "."
        super().__init__(
            f"The {account.app_key} connection of entity {account.entity_id!r} ended {account.status}{said}",
            code="connection_failed",
            fix=_FIX_BY_ACTOR.get(reason.must_act if reason is not None else "", _START_AGAIN),
        )
        self.reason: StatusReason | None = reason
        self.account: ConnectedAccount = account.without_credentials()


class WaitTimeoutError(HoldfastError):
    """The wait ended first. The connection may still become active: wait again, or start anew."""

    def __init__(self, account: ConnectedAccount, seconds: float) -> None:
        super().__init__(
            f"The {account.app_key} connection of entity {account.entity_id!r} "
            f"was still {account.status} after {seconds:g} seconds.",
            code="wait_timeout",
            fix="Make sure the person opened redirect_url and approved, then wait again.",
        )
        self.account: ConnectedAccount = account.without_credentials()


class WebhookVerificationError(HoldfastError):
    """A message is not from your server, or not of now, or the secret is another one."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message, code="webhook_not_verified", fix=fix)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…", ")")) else f"{text}."


def invalid_input(name: str, message: str, fix: str) -> ValidationError:
    """The error for an argument that can be refused without asking the server."""
    return ValidationError(f"{name}: {message}", code="validation_failed", fix=fix, fields=[FieldError(name, message)])


_START_AGAIN = "Initiate the connection again, or renew it with reinitiate."

_FIX_BY_ACTOR: Mapping[str, str] = {
    "endUser": "Send the person through a new connection: initiate it again, or renew it with reinitiate.",
    "operator": "The operator must correct the integration (OAuth client, scopes, redirect URI), then start again.",
    "developer": "Correct the call that started the connection, then start again.",
    "nobody": _START_AGAIN,
}
