"""Prometheus metrics, read from the parts' own counters when they are scraped, so that counting costs the parts nothing."""

from collections.abc import Iterator
from typing import Final

from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry, exposition
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from talkroom.bootstrap import Application
from talkroom.storage.sqlite import SqliteMessageLog

CONTENT_TYPE: Final = exposition.CONTENT_TYPE_LATEST


class Metrics:
    """Renders the metrics of one application."""

    def __init__(self, application: Application) -> None:
        self._registry = CollectorRegistry()
        for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
            self._registry.register(collector)
        self._registry.register(_ApplicationCollector(application))

    def render(self) -> bytes:
        """The exposition text."""
        return exposition.generate_latest(self._registry)


class _ApplicationCollector(Collector):
    """The names and what they count; docs/operations.md lists them, and a test compares."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def collect(self) -> Iterator[Metric]:
        app = self._application
        gateway, chat, fan_out = app.registry.counters, app.chat.counters, app.chat.fan_out.counters
        yield GaugeMetricFamily("talkroom_connections_open", "WebSocket connections open now.", len(app.registry.open))
        handshakes = CounterMetricFamily("talkroom_handshakes", "Handshakes answered, by result.", labels=["result"])
        handshakes.add_metric(["accepted"], gateway.handshakes_accepted)
        handshakes.add_metric(["refused"], gateway.handshakes_refused)
        yield handshakes
        for name, help_text, value in (
            ("talkroom_messages_received", "WebSocket messages received from clients.", gateway.messages_received),
            ("talkroom_commands", "Commands read, all actions.", chat.commands),
            ("talkroom_command_errors", "Commands answered with an error.", chat.errors),
            ("talkroom_commands_rate_limited", "Commands refused because they came too fast.", chat.rate_limited),
            (
                "talkroom_messages_accepted",
                "Chat messages stored and acknowledged, repetitions included.",
                chat.messages,
            ),
            ("talkroom_deliveries", "Pushes queued to connections by fan-out.", fan_out.deliveries),
            ("talkroom_deliveries_failed", "Pushes that could not be handed to the management API.", fan_out.failed),
            ("talkroom_gone", "Pushes to connections that were gone.", fan_out.gone),
            (
                "talkroom_slow_consumers",
                "Connections closed because their client did not read.",
                fan_out.slow_consumers + gateway.slow_consumers,
            ),
            ("talkroom_integration_errors", "Invocations that raised.", gateway.integration_errors),
            ("talkroom_integration_timeouts", "Invocations that took too long.", gateway.integration_timeouts),
        ):
            yield CounterMetricFamily(name, help_text, value)
        yield from self._log_metrics()

    def _log_metrics(self) -> Iterator[Metric]:
        log = self._application.log
        if not isinstance(log, SqliteMessageLog):
            return
        counters = log.counters
        yield CounterMetricFamily("talkroom_log_appends", "Messages appended to the log.", counters.messages_appended)
        yield CounterMetricFamily(
            "talkroom_log_groups", "Groups of messages committed together.", counters.groups_committed
        )
        yield GaugeMetricFamily("talkroom_log_queue", "Messages that wait for the log's writer.", counters.queue_length)
        yield GaugeMetricFamily(
            "talkroom_log_commit_seconds", "How long the last group took to commit.", counters.last_commit_s
        )
