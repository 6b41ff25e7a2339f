"""The chat as a Lambda application: contract events in, contract results out.

`Chat` is the integration of every route. What a client did wrong is answered; what we did wrong is raised, and the gateway, ours
or AWS's, tells the client "Internal server error" and keeps the connection open.
"""

import logging
from typing import Any, Protocol

import msgspec

from talkroom.chat.access import Access, Caller
from talkroom.chat.fan_out import FanOut, Splitting
from talkroom.chat.model.errors import ChatError, ClientError, ErrorCode, Unavailable
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.subscription import Kind
from talkroom.chat.model.token_bucket import Verdict
from talkroom.chat.ports import Clock, Grants, MessageLog, Subscriptions, TokenVerifier
from talkroom.chat.protocol.commands import (
    COMMANDS,
    Command,
    Envelope,
    History,
    Join,
    Leave,
    Members,
    Ping,
    Ref,
    Refresh,
    SendMessage,
    find_command,
    parse_data,
    parse_envelope,
)
from talkroom.chat.protocol.context import decode_context
from talkroom.chat.protocol.frames import ReplyData, encode_error, encode_reply
from talkroom.chat.rate_limiter import RateLimiter
from talkroom.chat.usecases.connect import ConnectUseCase, refusal_status
from talkroom.chat.usecases.disconnect import DisconnectUseCase
from talkroom.chat.usecases.join_room import JoinRoomUseCase
from talkroom.chat.usecases.leave_room import LeaveRoomUseCase
from talkroom.chat.usecases.list_members import ListMembersUseCase
from talkroom.chat.usecases.ping import PingUseCase
from talkroom.chat.usecases.read_history import ReadHistoryUseCase
from talkroom.chat.usecases.refresh import RefreshUseCase
from talkroom.chat.usecases.send_message import SendMessageUseCase
from talkroom.contract.events import ConnectEvent, DisconnectEvent, Event, MessageContext, MessageEvent, find_header
from talkroom.contract.integration import IntegrationResult
from talkroom.contract.management import ManagementApi

log = logging.getLogger("talkroom.chat")

SUBPROTOCOL_HEADER = "Sec-WebSocket-Protocol"
_OK = IntegrationResult(200)


class UseCase(Protocol):
    """A verb that answers a command."""

    async def run(self, caller: Caller, command: Any) -> ReplyData:
        """What the reply holds. Raises ClientError, Unavailable."""
        ...


class ChatCounters(msgspec.Struct):
    """Since the process began."""

    messages: int = 0
    """Commands `sendmessage` that were accepted, duplicates included."""
    commands: int = 0
    errors: int = 0
    rate_limited: int = 0


class Chat:
    """Everything that happens between an event and its result."""

    def __init__(
        self,
        *,
        log: MessageLog,
        subscriptions: Subscriptions,
        grants: Grants,
        verifier: TokenVerifier,
        management: ManagementApi,
        limits: Limits,
        clock: Clock,
        splitting: Splitting | None = None,
    ) -> None:
        access = Access(grants)
        self.fan_out = FanOut(subscriptions, management, splitting)
        self.counters = ChatCounters()
        self._clock = clock
        self._rate_limiter = RateLimiter(limits)
        join_room = JoinRoomUseCase(log, subscriptions, access, limits)
        self._connect = ConnectUseCase(join_room, limits)
        self._disconnect = DisconnectUseCase(subscriptions, access)
        self._use_cases: dict[type[Command], UseCase] = {
            SendMessage: SendMessageUseCase(log, self.fan_out, access, limits),
            Join: join_room,
            Leave: LeaveRoomUseCase(subscriptions, limits),
            History: ReadHistoryUseCase(log, access, limits),
            Members: ListMembersUseCase(subscriptions, access, limits),
            Ping: PingUseCase(),
            Refresh: RefreshUseCase(verifier, access, subscriptions),
        }
        assert set(COMMANDS.values()) == set(self._use_cases)

    async def invoke(self, event: Event) -> IntegrationResult:
        """Handle any event. Raises what is our own fault: MissingContext, or a bug."""
        match event:
            case MessageEvent():
                return await self.message(event)
            case ConnectEvent():
                return await self.connect(event)
            case DisconnectEvent():
                return await self.disconnect(event)

    async def connect(self, event: ConnectEvent) -> IntegrationResult:
        """200 with the selected subprotocol, or the status of the refusal."""
        caller = self._caller(event)
        try:
            selected = await self._connect.run(caller, find_header(event.headers, SUBPROTOCOL_HEADER) or "")
        except ClientError as error:
            log.info("handshake refused: %s", error, extra={"connection_id": caller.connection_id})
            return IntegrationResult(refusal_status(error))
        except Unavailable:
            log.exception("handshake failed", extra={"connection_id": caller.connection_id})
            return IntegrationResult(503)
        return IntegrationResult(200, {SUBPROTOCOL_HEADER: selected})

    async def message(self, event: MessageEvent) -> IntegrationResult:
        """The reply or the error as the body; on a plain connection there are errors only."""
        caller = self._caller(event)
        verdict = self._rate_limiter.take(caller.connection_id, caller.now_ms)
        if verdict is not Verdict.ACCEPTED:
            return await self._refuse(caller, event.body, verdict)
        ref: Ref | None = None
        self.counters.commands += 1
        try:
            envelope = parse_envelope(event.body)
            ref = envelope.ref
            reply = await self._run(caller, envelope)
        except ChatError as error:
            return self._answer_error(caller, ref, error)
        if caller.kind is Kind.PLAIN:
            return _OK
        return IntegrationResult(200, body=encode_reply(ref, reply))

    async def disconnect(self, event: DisconnectEvent) -> IntegrationResult:
        """Forget the connection."""
        connection_id = event.request_context.connection_id
        self._rate_limiter.end(connection_id)
        await self._disconnect.run(connection_id)
        return _OK

    def _caller(self, event: ConnectEvent | MessageEvent) -> Caller:
        context = event.request_context
        grant, kind = decode_context(context.authorizer)
        message_id = context.message_id if isinstance(context, MessageContext) else ""
        return Caller(context.connection_id, kind, grant, context.connected_at_ms, self._clock(), message_id)

    async def _run(self, caller: Caller, envelope: Envelope) -> ReplyData:
        kind = find_command(envelope.action)
        reply = await self._use_cases[kind].run(caller, parse_data(envelope, kind))
        if kind is SendMessage:
            self.counters.messages += 1
        return reply

    def _answer_error(self, caller: Caller, ref: Ref | None, error: ChatError) -> IntegrationResult:
        self.counters.errors += 1
        if not isinstance(error, ClientError):
            log.warning("unavailable: %s", error, extra={"connection_id": caller.connection_id})
            error = ClientError(ErrorCode.UNAVAILABLE)
        return IntegrationResult(200, body=encode_error(ref, error))

    async def _refuse(self, caller: Caller, body: str, verdict: Verdict) -> IntegrationResult:
        self.counters.rate_limited += 1
        if verdict is Verdict.EXCESSIVE:
            # Many of its commands may be in hand; the first closes the connection, and is the one to be told of.
            if await self.fan_out.disconnect(caller.connection_id):
                log.info("disconnected: too many commands", extra={"connection_id": caller.connection_id})
            return _OK
        try:
            ref = parse_envelope(body).ref
        except ClientError:
            ref = None
        return IntegrationResult(200, body=encode_error(ref, ClientError(ErrorCode.RATE_LIMITED)))
