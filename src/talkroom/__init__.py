"""Authenticated chat rooms over WebSocket, on one machine or on AWS."""

__version__ = "0.1.0"
