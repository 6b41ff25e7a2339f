"""The limits that API Gateway sets for WebSocket APIs.

Source: "Amazon API Gateway quotas for configuring and running a WebSocket API" in the API Gateway developer guide. They are the
gateway's defaults; a server on one machine may be configured otherwise.
"""

from typing import Final

FRAME_BYTES_MAX: Final = 32 * 1024
"""Payload of one WebSocket frame from a client; a larger one closes the connection with 1009."""

MESSAGE_BYTES_MAX: Final = 128 * 1024
"""Payload of one message, from a client in frames or to a client by the management API; beyond it 1009, or 413."""

IDLE_TIMEOUT_S: Final = 600
"""Seconds without a message in either direction or a ping; then the gateway closes with 1001."""

CONNECTION_DURATION_S: Final = 7200
"""Seconds a connection may last, however busy it is; then the gateway closes with 1001."""

INTEGRATION_TIMEOUT_S: Final = 29
"""Seconds an integration may take: 504 to a handshake, an "Endpoint request timed out" frame to a message."""

AUTHORIZER_RESULT_BYTES_MAX: Final = 8 * 1024
"""Size of an authorizer's result; a larger one fails the handshake with 500."""

URL_CHARACTERS_MAX: Final = 4096
"""Length of the request target of a handshake."""

STAGE_CHARACTERS_MAX: Final = 128
"""Length of a stage name: letters, digits, hyphen and underscore."""
