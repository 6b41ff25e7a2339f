"""A deployment while connections are open: section 9 F.125 of the contract page."""

from talkroom.conformance.wire import Wire, handshake
from talkroom.contract.authorizer import deny
from talkroom.gateway.api import Api, AuthorizerConfig, GatewayLimits, Route, ThrottleConfig
from tests.gateway.kit import AuthorizerProbe, Gate, Probe, Serve, answer, as_json, opened


async def test_an_open_connection_stays_and_its_next_message_meets_the_new_routes(serve: Serve) -> None:
    """It is the same connection, and the new integration is asked."""
    connected, before, after = Probe(), Probe(), Probe()
    gateway = await serve({"$connect": connected, "$default": before})
    wire, connection_id = await opened(gateway, connected)
    async with wire:
        wire.send_text("one")
        await before.arrival()
        gateway.gateway.deploy(Api(routes={"$default": Route(after)}))
        wire.send_text("two")
        event = await after.arrival()

    assert ("two", connection_id) == (event.body, event.request_context.connection_id)
    assert 1 == len(before.events)


async def test_a_new_authorizer_is_asked_of_new_handshakes_only(serve: Serve) -> None:
    """ "Changing authorizer in $connect doesn't affect the already connected client"."""
    default = Probe(answer(200, body="still here"))
    routes = {"$default": Route(default, route_response=True)}
    gateway = await serve(routes)
    refusing = AuthorizerProbe(lambda event: deny("nobody", event.method_arn))
    async with await Wire.upgrade(gateway.port) as wire, await Wire.connect(gateway.port) as late:
        gateway.gateway.deploy(Api(routes=routes, authorizer=AuthorizerConfig(refusing)))
        wire.send_text("hello")
        late.send(handshake())

        assert "still here" == await wire.text()
        assert 403 == (await late.response()).status
        assert 1 == len(refusing.events)


async def test_an_invocation_in_hand_ends_as_it_began(serve: Serve) -> None:
    """Its answer reaches the client although its route is gone."""
    gate = Gate(await answer(200, body="late")(None))
    slow = Probe(gate)
    gateway = await serve({"$default": Route(slow, route_response=True)})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("hello")
        await slow.arrival()
        gateway.gateway.deploy(Api(routes={}))
        gate.open()

        assert "late" == await wire.text()


async def test_new_stage_variables_are_in_the_next_event(serve: Serve) -> None:
    """Events are made from what is deployed when they happen."""
    default = Probe()
    routes = {"$default": Route(default)}
    gateway = await serve(routes, stage_variables={"table": "old"})
    async with await Wire.upgrade(gateway.port) as wire:
        gateway.gateway.deploy(Api(routes=routes, stage_variables={"table": "new"}))
        wire.send_text("hello")

        assert {"table": "new"} == as_json(await default.arrival())["stageVariables"]


async def test_a_new_throttle_begins_full(serve: Serve) -> None:
    """What was taken from the old one does not count."""
    routes = {"$default": Route(Probe())}
    gateway = await serve(routes, throttle=ThrottleConfig(0.001, 1), limits=GatewayLimits())
    async with await Wire.upgrade(gateway.port):
        gateway.gateway.deploy(Api(routes=routes, throttle=ThrottleConfig(0.001, 1)))

        assert [True, False] == [gateway.gateway.take_request() for _ in range(2)]
