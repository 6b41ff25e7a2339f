"""A server that is API Gateway for WebSocket APIs. It speaks `contract` and knows nothing of rooms."""
