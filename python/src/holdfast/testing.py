"""Approve connections of a test project without a browser, so that tests run whole flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from holdfast._core import error_of, network_error
from holdfast.errors import HoldfastError


@dataclass(frozen=True)
class ApprovalResult:
    """How the flow ended for the browser."""

    status: str | None
    """`success` or `failed`, as the return URL says; None when the request named no return URL."""
    connected_account_id: str | None
    return_url: str | None
    """Where the browser would go now. It was not opened: your app is not part of this test."""


def approve_in_test_mode(
    redirect_url: str,
    person: int = 1,
    deny: bool = False,
    *,
    timeout: float = 30.0,
    transport: httpx.BaseTransport | None = None,
) -> ApprovalResult:
    """Goes through connect page, simulated consent and callback, as a person with a browser would.

    `redirect_url`: as `initiate` gave it. `person`: 1 or 2, the two people the simulator knows.
    `deny`: refuses instead; the connection ends FAILED with reason `access_denied`.
    Raises HoldfastError with code `not_simulated` when the connection leads to a real app.
    """
    server = urlsplit(redirect_url)
    loopback = server.hostname in {"127.0.0.1", "localhost", "::1"}
    with httpx.Client(timeout=timeout, transport=transport, trust_env=not loopback, follow_redirects=False) as browser:
        consent = _location(browser, "POST", redirect_url, form={"decision": "continue"})
        if consent is None or "/simulator/" not in urlsplit(consent).path:
            raise HoldfastError(
                "This connection leads to a real app, which only a person can approve.",
                code="not_simulated",
                fix="Use the API key of a test project and an integration that is simulated.",
            )
        answer = {"simulator": "deny" if deny else "approve", "simulator_person": str(person)}
        callback = _location(browser, "GET", str(httpx.URL(consent).copy_merge_params(answer)))
        return_url = _location(browser, "GET", callback) if callback is not None else None
    if return_url is None:
        return ApprovalResult(status=None, connected_account_id=None, return_url=None)
    result = parse_qs(urlsplit(return_url).query)
    return ApprovalResult(
        status=_last(result, "status"),
        connected_account_id=_last(result, "connectedAccountId"),
        return_url=return_url,
    )


def _location(browser: httpx.Client, method: str, url: str, form: Mapping[str, str] | None = None) -> str | None:
    """Returns where the answer sends the browser; None when it is a page. URLs are absolute."""
    try:
        response = browser.request(method, url, data=form)
    except httpx.TransportError as error:
        raise network_error(error, url) from None
    if response.is_error:
        raise error_of(response)
    location = response.headers.get("location")
    return urljoin(url, location) if location is not None else None


def _last(query: Mapping[str, list[str]], name: str) -> str | None:
    return query[name][-1] if name in query else None
