"""API Gateway's WebSocket contract as plain values.

What a Lambda function, a WebSocket client and a caller of `@connections` see of API Gateway, and nothing else: no socket, no
clock, no room. The only place in the code base where the contract's JSON is written or read.
"""
