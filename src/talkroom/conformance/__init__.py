"""The conformance suite: API Gateway's WebSocket contract as 126 black-box checks against URLs.

`suite.py` says how a check is written, `probe/` is the application that must run behind the gateway under test, and
`runner.run` runs the checks. It shares no code with the gateway, so that both cannot be wrong alike.
"""
