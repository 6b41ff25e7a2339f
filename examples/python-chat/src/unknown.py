"""`$default`: a message whose action has no route."""

import json


def handler(event, context):
    """Say what there is; the route has a route response, so the body is sent back."""
    usage = {"type": "error", "message": 'send {"action": "sendmessage", "text": "hello"}'}
    return {"statusCode": 400, "body": json.dumps(usage)}
