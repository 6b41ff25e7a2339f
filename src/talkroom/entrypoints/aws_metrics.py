"""Metrics of the functions, in CloudWatch's embedded metric format: a line of the log is the metric, and no call is made.

Powertools writes the format. Every invocation that did something logs one line with what it did: the difference between the parts'
counters before and after, because an execution environment runs one invocation at a time.
"""

import json
import sys
from collections.abc import Mapping
from typing import Final

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from talkroom.aws_bootstrap import AwsApplication

_UNITS: Final[Mapping[str, MetricUnit]] = {"FanOutTime": MetricUnit.Milliseconds}
"""Of what is not a count."""


class EmbeddedMetrics:
    """What one execution environment has done since it was last asked."""

    def __init__(self, application: AwsApplication, namespace: str, function: str) -> None:
        """`function` is the dimension that all metrics have."""
        self._application = application
        self._namespace = namespace
        self._function = function
        self._before = self._read()

    def flush(self) -> None:
        """Write one line to standard output with what has happened since the last time; nothing, when nothing has."""
        now = self._read()
        changes = {name: value - self._before[name] for name, value in now.items() if value != self._before[name]}
        self._before = now
        if not changes:
            return
        provider = AmazonCloudWatchEMFProvider(namespace=self._namespace, service="talkroom")
        provider.add_dimension("function", self._function)
        for name, value in changes.items():
            provider.add_metric(name, _UNITS.get(name, MetricUnit.Count), value)
        sys.stdout.write(json.dumps(provider.serialize_metric_set(), separators=(",", ":")) + "\n")
        sys.stdout.flush()

    def _read(self) -> dict[str, float]:
        """Every metric by its name; docs/howto/monitor-on-aws.md lists them, and a test compares."""
        chat, fan_out = self._application.chat.counters, self._application.chat.fan_out.counters
        delivery, appends = self._application.management.counters, self._application.log.counters
        return {
            "Messages": chat.messages,
            "CommandErrors": chat.errors,
            "RateLimited": chat.rate_limited,
            "Deliveries": fan_out.deliveries,
            "DeliveriesFailed": fan_out.failed,
            "Gone": fan_out.gone,
            "PagesHandedOver": fan_out.pages,
            "PushesAbandoned": fan_out.abandoned,
            "FanOutTime": fan_out.duration_s * 1000,
            "Throttled": delivery.throttled,
            "AppendConflicts": appends.conflicts,
        }
