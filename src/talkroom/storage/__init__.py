"""Adapters of `chat.ports` that keep things."""
