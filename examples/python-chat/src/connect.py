"""`$connect`: the connection opens when this returns 200, and cannot be posted to before."""

import connections


def handler(event, context):
    """Note which room the connection is in; the authorizer has checked that it may be."""
    request = event["requestContext"]
    connections.add(request["connectionId"], request["authorizer"]["room"])
    return {"statusCode": 200}
