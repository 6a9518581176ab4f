from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from holdfast import HoldfastError, NetworkError, NotFoundError
from holdfast.testing import approve_in_test_mode

RETURN_URL = "https://yours.example/cb?keep=1"


class ConnectPages(BaseHTTPRequestHandler):
    """As much of the browser's side as the flow needs; the callback asks for the cookie of the connect page."""

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        assert form == {"decision": ["continue"]}
        if self.path == "/connect/live":
            self._redirect("https://accounts.example/authorize?state=s")
        elif self.path in {"/connect/good", "/connect/no-return"}:
            end = self.path.rpartition("/")[2]
            self._redirect(f"/simulator/p1/gmail/accounts.example/auth?state={end}", "hf-flow-1=abc; HttpOnly; Path=/")
        else:
            self._page(404)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path.startswith("/simulator/"):
            outcome = "code=c" if query["simulator"] == "approve" else "error=access_denied"
            person = query["simulator_person"]
            self._redirect(f"/oauth/callback/int-1?state={query['state']}&person={person}&{outcome}")
        elif "hf-flow-1=abc" not in self.headers.get("cookie", ""):
            self._page(400)
        elif query["state"] == "no-return":
            self._page(200)
        else:
            status = "success" if "code" in query else "failed"
            self._redirect(f"{RETURN_URL}&status={status}&connectedAccountId=acc-{query['person']}")

    def _redirect(self, location: str, cookie: str | None = None) -> None:
        self.send_response(303)
        self.send_header("location", location)
        if cookie is not None:
            self.send_header("set-cookie", cookie)
        self.send_header("content-length", "0")
        self.end_headers()

    def _page(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def origin() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), ConnectPages) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_approving_follows_the_flow_and_stops_at_the_return_url(origin: str) -> None:
    result = approve_in_test_mode(f"{origin}/connect/good", person=2)
    assert (result.status, result.connected_account_id) == ("success", "acc-2")
    assert result.return_url == f"{RETURN_URL}&status=success&connectedAccountId=acc-2"


def test_denying_ends_the_flow_as_failed(origin: str) -> None:
    assert approve_in_test_mode(f"{origin}/connect/good", deny=True).status == "failed"


def test_without_a_return_url_the_flow_ends_on_a_page(origin: str) -> None:
    assert approve_in_test_mode(f"{origin}/connect/no-return").return_url is None


def test_a_real_app_is_not_approved(origin: str) -> None:
    with pytest.raises(HoldfastError, match="only a person") as refused:
        approve_in_test_mode(f"{origin}/connect/live")
    assert refused.value.code == "not_simulated"


def test_an_unknown_link_is_an_error_without_its_token(origin: str) -> None:
    with pytest.raises(NotFoundError) as unknown:
        approve_in_test_mode(f"{origin}/connect/T0KEN")
    assert "T0KEN" not in str(unknown.value)


def test_a_server_that_is_gone_is_a_network_error() -> None:
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1:9"):
        approve_in_test_mode("http://127.0.0.1:9/connect/good", timeout=5)
