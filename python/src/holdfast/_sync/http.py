# Made from _async/http.py by scripts/unasync.py: edit that file, then run the script.
"""One request: sent, tried again where that is safe, read."""

from __future__ import annotations

from typing import Any

import httpx

from holdfast._core import (
    LONGEST_PAUSE_SECONDS,
    MAX_RETRIES,
    Clock,
    Query,
    Settings,
    may_retry,
    network_error,
    pause_before_retry,
    query_params,
    read_answer,
)


class Http:
    """Talks to one server with one key."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None, clock: Clock) -> None:
        self.clock = clock
        self._settings = settings
        # Redirects are not followed: the API has none, and the key must not travel to another host.
        self._client = httpx.Client(
            base_url=settings.base_url,
            timeout=settings.timeout,
            transport=transport,
            trust_env=settings.trust_env,
            follow_redirects=False,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: object = None,
        held_seconds: float = 0,
        give_up_at: float | None = None,
    ) -> Any:
        """Sends one request and reads the answer.

        `held_seconds`: how long the server may hold the answer back, on top of the timeout.
        `give_up_at`: by the clock; no further try begins after it.
        Raises HoldfastError of the class that fits.
        """
        attempt = 0
        while True:
            response: httpx.Response | None = None
            broken: httpx.TransportError | None = None
            try:
                response = self._client.request(
                    method,
                    f"/api{path}",
                    params=query_params(query or {}),
                    json=body,
                    headers=self._settings.headers(),
                    timeout=httpx.Timeout(self._settings.timeout, read=self._settings.timeout + held_seconds),
                )
            except httpx.TransportError as error:
                broken = error
            if response is not None and response.is_success:
                return read_answer(response)
            pause = pause_before_retry(attempt, response)
            status = response.status_code if response is not None else None
            too_late = give_up_at is not None and self.clock.now() + pause >= give_up_at
            if attempt == MAX_RETRIES or pause > LONGEST_PAUSE_SECONDS or too_late or not may_retry(method, status):
                if response is not None:
                    return read_answer(response)
                assert broken is not None
                raise network_error(broken, self._settings.base_url) from broken
            self.clock.sleep(pause)
            attempt += 1

    def close(self) -> None:
        self._client.close()
