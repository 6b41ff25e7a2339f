"""Who may connect to which room: API Gateway asks this before `$connect`, and the answer goes with every event."""

import os

import jwt


def handler(event, context):
    """Allow the room of the query string when the token of the query string names it."""
    query = event["queryStringParameters"]  # both values are identity sources: without them this is not called
    try:
        claims = jwt.decode(
            query["token"],
            os.environ["TOKEN_SECRET"],
            algorithms=["HS256"],
            options={"require": ["exp", "sub", "rooms"]},
        )
    except jwt.InvalidTokenError as error:
        print(f"refused a token: {type(error).__name__}")
        # Exactly this text makes API Gateway answer 401; any other error is a 500.
        raise Exception("Unauthorized") from None
    rooms = claims["rooms"]
    is_allowed = isinstance(rooms, list) and query["room"] in rooms
    return {
        "principalId": claims["sub"],
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if is_allowed else "Deny",
                    "Resource": event["methodArn"],
                }
            ],
        },
        "context": {"room": query["room"]},
    }
