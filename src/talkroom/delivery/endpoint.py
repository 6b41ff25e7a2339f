"""Where the management API is, and the URL of a connection there. Pure."""

from re import compile as compile_pattern
from typing import Final
from urllib.parse import urlsplit

from talkroom.contract.errors import InvalidConnectionId

CONNECTION_ID_CHARACTERS_MAX: Final = 128
"""API Gateway documents no length; every captured id has sixteen characters."""

_CONNECTION_ID: Final = compile_pattern(rf"[A-Za-z0-9_=-]{{1,{CONNECTION_ID_CHARACTERS_MAX}}}")
"""The alphabet of URL-safe base64. Nothing else comes into a URL, so that no id can name another path."""


class EndpointUnusable(ValueError):
    """The setting names no endpoint of the management API; the message says what one looks like."""


class Endpoint:
    """The base of all calls, such as `https://abcdef123.execute-api.eu-west-1.amazonaws.com/prod`.

    On a custom domain the API mapping's key stands in the stage's place, or nothing: `https://chat.example.com`.
    """

    def __init__(self, url: str) -> None:
        """Raises EndpointUnusable."""
        parts = urlsplit(url)
        if (
            parts.scheme not in ("https", "http")
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.username
        ):
            raise EndpointUnusable(
                f"{url!r} is no endpoint of the management API: it must be https://{{host}}/{{stage}}, as the stack's"
                " outputs print it, or the custom domain with the API mapping's key."
            )
        # `%40` as the SDKs spell it, sign it and send it.
        self._base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/%40connections/"

    def url_of(self, connection_id: str) -> str:
        """Percent-encoded. Raises InvalidConnectionId for what cannot be an id."""
        if not _CONNECTION_ID.fullmatch(connection_id):
            raise InvalidConnectionId(f"Invalid connectionId: {connection_id}")
        # Of the alphabet only this is not sent as it is.
        return self._base + connection_id.replace("=", "%3D")
