"""Secrets Manager and the management API of API Gateway on a port of 127.0.0.1, for handlers that run outside any event loop."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import unquote


class AwsServices:
    """Answers what functions ask of them, and remembers what was posted to connections."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.posts: list[tuple[str, str]] = []
        """Connection id and text, in the order of the calls."""
        self.gone: set[str] = set()
        services = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, answer = services.answer(self.path, self.headers.get("X-Amz-Target", ""), body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Not to the test's output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def endpoint(self) -> str:
        """Of every service."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str, target: str, body: bytes) -> tuple[int, bytes]:
        """Status and body."""
        if target == "secretsmanager.GetSecretValue":
            return 200, json.dumps({"SecretString": self.secret}).encode()
        connection_id = unquote(path.rpartition("/")[2])
        if connection_id in self.gone:
            return 410, b""
        self.posts.append((connection_id, body.decode()))
        return 200, b""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
