"""What every ManagementApi must do. Subclass `ManagementContract` and provide the fixture `far_end`."""

from typing import Protocol

import pytest

from talkroom.contract.errors import Gone, InvalidConnectionId, LimitExceeded, PayloadTooLarge
from talkroom.contract.ids import encode_id
from talkroom.contract.management import Deliveries, ManagementApi
from talkroom.contract.quotas import MESSAGE_BYTES_MAX

UNKNOWN = encode_id(0, b"unknown")


class FarEnd(Protocol):
    """The adapter, and what its connections' clients see and do."""

    api: ManagementApi

    async def open(self) -> str:
        """Open a connection whose client sent no User-Agent; its id."""
        ...

    async def close(self, connection_id: str) -> None:
        """The client closes it."""
        ...

    async def stop_reading(self, connection_id: str) -> None:
        """The client reads no more, and its buffer is full."""
        ...

    async def received(self, connection_id: str) -> list[str]:
        """The text messages that the client got, in order."""
        ...


async def call(api: ManagementApi, verb: str, connection_id: str) -> None:
    """One of the verbs that take an id."""
    match verb:
        case "post":
            await api.post_to_connection(connection_id, b"hi")
        case "get":
            await api.get_connection(connection_id)
        case _:
            await api.delete_connection(connection_id)


class ManagementContract:
    """An adapter overrides `far_end`."""

    @pytest.fixture
    def far_end(self) -> FarEnd:
        """No connection yet."""
        raise NotImplementedError("the adapter's test class provides the fixture far_end")

    async def test_posts_arrive_as_text_in_order(self, far_end: FarEnd) -> None:
        """Those to one and those to many alike."""
        connection_id = await far_end.open()
        await far_end.api.post_to_connection(connection_id, b"one")
        await far_end.api.post_many([connection_id], "二".encode())

        assert ["one", "二"] == await far_end.received(connection_id)

    async def test_bytes_that_are_not_utf_8_are_replaced(self, far_end: FarEnd) -> None:
        """A post is always a text frame."""
        connection_id = await far_end.open()
        await far_end.api.post_to_connection(connection_id, b"a\xffb")

        assert ["a\ufffdb"] == await far_end.received(connection_id)

    @pytest.mark.parametrize("verb", ["post", "get", "delete"])
    async def test_an_unknown_id_is_gone(self, far_end: FarEnd, verb: str) -> None:
        """When it could be an id."""
        with pytest.raises(Gone):
            await call(far_end.api, verb, UNKNOWN)

    @pytest.mark.parametrize("verb", ["post", "get", "delete"])
    async def test_a_closed_connection_is_gone(self, far_end: FarEnd, verb: str) -> None:
        """For ever."""
        connection_id = await far_end.open()
        await far_end.close(connection_id)

        with pytest.raises(Gone):
            await call(far_end.api, verb, connection_id)

    @pytest.mark.parametrize("verb", ["post", "get", "delete"])
    async def test_a_deleted_connection_is_gone(self, far_end: FarEnd, verb: str) -> None:
        """At once, whether or not its client has noticed."""
        connection_id = await far_end.open()
        await far_end.api.delete_connection(connection_id)

        with pytest.raises(Gone):
            await call(far_end.api, verb, connection_id)

    @pytest.mark.parametrize("verb", ["post", "get", "delete"])
    async def test_garbage_is_no_id(self, far_end: FarEnd, verb: str) -> None:
        """Which is another error than Gone."""
        with pytest.raises(InvalidConnectionId, match=r"^Invalid connectionId: garbage$"):
            await call(far_end.api, verb, "garbage")

    async def test_a_payload_of_128_kib_arrives_whole(self, far_end: FarEnd) -> None:
        """As one message."""
        connection_id = await far_end.open()
        await far_end.api.post_to_connection(connection_id, b"x" * MESSAGE_BYTES_MAX)

        assert [MESSAGE_BYTES_MAX] == [len(text) for text in await far_end.received(connection_id)]

    async def test_a_larger_payload_is_refused(self, far_end: FarEnd) -> None:
        """To one and to many, and nobody gets anything."""
        connection_id = await far_end.open()
        with pytest.raises(PayloadTooLarge):
            await far_end.api.post_to_connection(connection_id, b"x" * (MESSAGE_BYTES_MAX + 1))
        with pytest.raises(PayloadTooLarge):
            await far_end.api.post_many([connection_id], b"x" * (MESSAGE_BYTES_MAX + 1))

        assert [] == await far_end.received(connection_id)

    async def test_a_client_that_does_not_read_exceeds_the_limit(self, far_end: FarEnd) -> None:
        """Nothing that was accepted before is lost by that."""
        connection_id = await far_end.open()
        await far_end.stop_reading(connection_id)

        with pytest.raises(LimitExceeded):
            await far_end.api.post_to_connection(connection_id, b"hi")

    async def test_many_are_told_apart(self, far_end: FarEnd) -> None:
        """No receiver's state affects another's, nor raises."""
        reader, slow, other = [await far_end.open() for _ in range(3)]
        await far_end.stop_reading(slow)
        deliveries = await far_end.api.post_many([reader, UNKNOWN, slow, "garbage", other], b"hi")

        assert (2, {UNKNOWN, "garbage"}, [slow]) == (
            deliveries.delivered,
            set(deliveries.gone),
            [*deliveries.limited, *deliveries.failed],
        )
        assert (["hi"], ["hi"]) == (await far_end.received(reader), await far_end.received(other))

    async def test_nobody_is_posted_to(self, far_end: FarEnd) -> None:
        """An empty room is no error."""
        deliveries = await far_end.api.post_many([], b"hi")

        assert (0, [], [], []) == (
            deliveries.delivered,
            list(deliveries.gone),
            list(deliveries.limited),
            list(deliveries.failed),
        )
        assert isinstance(deliveries, Deliveries)

    async def test_get_tells_of_a_client_without_user_agent(self, far_end: FarEnd) -> None:
        """Times are ISO-8601 in UTC with milliseconds."""
        info = await far_end.api.get_connection(await far_end.open())

        assert info.identity.user_agent is None
        assert info.connected_at.endswith("Z")
        assert len("2026-01-01T00:00:00.000Z") == len(info.connected_at) == len(info.last_active_at)
