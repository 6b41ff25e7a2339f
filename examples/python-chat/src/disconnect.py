"""`$disconnect`: the connection has closed."""

import connections


def handler(event, context):
    """Forget it."""
    connections.remove(event["requestContext"]["connectionId"])
    return {"statusCode": 200}
