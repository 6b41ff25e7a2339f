"""What a person needs to know when the local gateway has started."""

from collections.abc import Iterator, Sequence

from talkroom.functions.specs import ApiSpec, FunctionSpec, Stack
from talkroom.gateway.signing_keys import ManagementKey
from talkroom.template_gateway.addresses import Address


def greeting(
    version: str, stack: Stack, addresses: Sequence[Address], key: ManagementKey | None, *, shows_secret: bool
) -> str:
    """The URLs of every API, its routes, the key for `@connections`, and what to type next.

    `key` is what signs for `@connections`; its secret is shown only when it was made here, and not when it is the developer's own.
    """
    lines = [f"Talkroom {version}: API Gateway for WebSocket APIs on this machine"]
    for spec, address in zip(stack.apis, addresses, strict=True):
        lines += _describe(spec, address, stack)
    if key is not None:
        lines += _describe_key(key, stack.region, shows_secret)
    lines += _notes(stack)
    return "\n".join(lines)


def outline(stack: Stack) -> str:
    """What would be served, a line for every API, function and note."""
    lines = [
        f"API {spec.logical_id}: stage {spec.stage}, routes {', '.join(sorted(spec.routes))}" for spec in stack.apis
    ]
    lines += [f"Function {name}: {spec.runtime}, {spec.handler}" for name, spec in sorted(stack.functions.items())]
    return "\n".join((*lines, *_notes(stack)))


def _notes(stack: Stack) -> list[str]:
    return [f"Note: {note}" for note in stack.notes]


def _describe(spec: ApiSpec, address: Address, stack: Stack) -> Iterator[str]:
    yield ""
    yield f"{spec.logical_id} ({spec.api_id}, stage {spec.stage})"
    yield f"  WebSocket    ws://{address}/{spec.stage}    (and wss://)"
    yield f"  @connections https://{address}/{spec.stage}  (and http://)"
    for domain, key in spec.custom_domains.items():
        yield f"  Domain       Host: {domain} on port {address.port}, path /{key}"
    if spec.authorizer is not None:
        function = spec.authorizer if isinstance(spec.authorizer, str) else spec.authorizer.function
        yield f"  Authorizer   {function}"
    width = max((len(key) for key in spec.routes), default=0)
    for key, route in sorted(spec.routes.items()):
        target = stack.functions[route.target].name if isinstance(route.target, str) else "mock"
        yield f"  {key.ljust(width)} -> {target}{_runtime(stack.functions.get(str(route.target)))}"
    yield f"  Try: npx wscat -c ws://{address}/{spec.stage}"


def _runtime(spec: FunctionSpec | None) -> str:
    return "" if spec is None else f" ({spec.runtime})"


def _describe_key(key: ManagementKey, region: str, shows_secret: bool) -> Iterator[str]:
    yield ""
    if not shows_secret:
        yield f"@connections takes your own AWS credentials ({key.access_key_id}), which the functions get too."
        return
    yield "A key for @connections, made for this folder; the functions have it:"
    yield f"  export AWS_ACCESS_KEY_ID={key.access_key_id}"
    yield f"  export AWS_SECRET_ACCESS_KEY={key.secret_access_key}"
    yield f"  export AWS_DEFAULT_REGION={region}"
