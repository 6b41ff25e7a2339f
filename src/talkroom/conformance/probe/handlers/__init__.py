"""The functions of the probe, and the language in which they are told what to do.

They need the standard library and botocore, which Lambda has; nothing here may import the rest of talkroom.

Where instructions are found: for `$connect` in the query parameters `case` and `do`, or in the headers `X-Probe-Case` and
`X-Probe-Do`; for messages in the keys `case` and `do` of the JSON object; for `$disconnect` in `bye`, of the handshake's query
or header or of any message of the connection; for the authorizer in `auth`, or `X-Probe-Auth`. `case` is the word under which
the event is recorded, beside its connection id.

Instructions are separated by `;` and followed in order; a `%` in an argument starts a percent-encoded byte (`%3B` is a semicolon).
The result is `{"statusCode": 200}` unless they say otherwise:

    sleep:SECONDS         wait
    status:NUMBER         `statusCode`
    body:TEXT             `body`
    body-repeat           `body` is the message's own body
    body-event            `body` is the event as JSON
    header:NAME=VALUE     one of `headers`
    subprotocol:NAME      header `Sec-WebSocket-Protocol`
    return:JSON           this and nothing else is returned: `return:null`, `return:"text"`, `return:{"a":1}`
    raise:TEXT            an Exception of this text (`raise` alone: "asked to raise")
    exit:STATUS           the process ends at once; the record never ends
    post:TEXT             PostToConnection to the own connection; the outcome is in the record's notes
    post-to:ID TEXT       … to another one
    get, delete           GetConnection, DeleteConnection of the own connection; likewise
    note:TEXT             recorded as it is
    linger:SECONDS        leave a thread behind that, so much later, records an event LINGER of this case

For the authorizer; its result is Allow of `methodArn` for the principal `probe`, unless they say otherwise:

    sleep, raise, exit, return, note    as above; `raise:Unauthorized` is the one that API Gateway knows
    allow:ARN, deny:ARN   a statement; several are several. `{arn}` is `methodArn`, `{stage}` is it up to the stage, so
                          `allow:{stage}/*`; `allow` alone is `allow:{arn}`
    none                  no statement
    principal:TEXT        `principalId`
    context:NAME=JSON     one value of `context`; JSON, so `context:seven=7` is a number
"""
