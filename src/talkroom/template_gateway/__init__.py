"""The second composition root: a template's WebSocket APIs, served on this machine with its functions behind them."""
