"""The browser's side of the chat: what clients send and are sent, as docs/protocol.md says. Pure."""
