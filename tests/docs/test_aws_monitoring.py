"""docs/howto/monitor-on-aws.md: its metrics, alarms and fields are those of the code and of the template."""

import json
import logging
import re
import sys
from collections.abc import Iterator

import msgspec
import pytest

from talkroom.aws_bootstrap import AwsApplication
from talkroom.aws_config import AwsConfig
from talkroom.entrypoints.aws_metrics import EmbeddedMetrics
from talkroom.entrypoints.logs import JsonFormatter
from tests.docs.aws_pages import resources, template
from tests.docs.support import DOCS, Fence, fences, table

PAGE = DOCS / "howto" / "monitor-on-aws.md"
ENVIRONMENT = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "an example"}
CONFIG = AwsConfig(
    connections_table="connections",
    messages_table="messages",
    management_endpoint="https://abcdef1234.execute-api.eu-west-1.amazonaws.com/prod",
)
OF_LOGS_INSIGHTS = {"@timestamp", "@log", "@type", "@initDuration", "@maxMemoryUsed"}
QUERIES = [fence for fence in fences(PAGE) if not fence.info]
WORDS = {
    *("fields", "filter", "sort", "limit", "stats", "by", "as", "and", "or", "in", "like", "asc", "desc"),
    *("count", "avg", "max", "pct", "bin", "ispresent"),
}
"""Commands, operators and functions of Logs Insights that the page uses."""


async def metrics(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, str], list[str]]:
    """The units of all metrics by name, and the dimensions, as a function logs them when everything has happened once."""
    application = AwsApplication(CONFIG, ENVIRONMENT)
    try:
        embedded = EmbeddedMetrics(application, "Talkroom", "messages")
        chat = application.chat
        for counters in (
            chat.counters,
            chat.fan_out.counters,
            application.management.counters,
            application.log.counters,
        ):
            for name in counters.__struct_fields__:
                setattr(counters, name, getattr(counters, name) + 1)
        embedded.flush()
    finally:
        await application.close()
    (described,) = json.loads(capsys.readouterr().out)["_aws"]["CloudWatchMetrics"]
    return {one["Name"]: one["Unit"] for one in described["Metrics"]}, described["Dimensions"][0]


async def test_the_table_of_metrics_is_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    """Names and units, in order."""
    logged, _ = await metrics(capsys)

    assert logged == {row[0].strip("`"): row[1] for row in table(PAGE, "metric", "unit", "of", "meaning")}


async def test_the_template_looks_at_metrics_that_are_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """With the dimensions that they have."""
    logged, dimensions = await metrics(capsys)
    seen = list(own_metrics(template()))

    assert seen
    for metric in seen:
        assert metric["MetricName"] in logged
        assert sorted(dimensions) == sorted(one["Name"] for one in metric["Dimensions"])


def own_metrics(value: object) -> Iterator[dict[str, list[dict[str, str]]]]:
    """The metrics of the template's alarms that are in the chat's own namespace."""
    if isinstance(value, dict):
        if value.get("Namespace") == {"Ref": "MetricsNamespace"}:
            yield value
        for part in value.values():
            yield from own_metrics(part)
    elif isinstance(value, list):
        for part in value:
            yield from own_metrics(part)


def test_the_table_of_alarms_is_the_template() -> None:
    """Every alarm, with the number at which it rings; a share of a timeout in percent."""
    thresholds = {name: one["Threshold"] for name, one in resources("AWS::CloudWatch::Alarm").items()}
    shown = {row[0].strip("`"): row[1] for row in table(PAGE, "alarm", "rings when")}

    assert list(thresholds) == list(shown)
    for name, threshold in thresholds.items():
        number = f"{threshold:g}" if threshold >= 1 else f"{threshold:.0%}".replace("%", " %")
        assert re.search(rf"(?<![\d.]){number}\b|{re.escape(number)}", shown[name]), name


def log_fields() -> set[str]:
    """Of a line that has everything."""
    record = logging.LogRecord("talkroom.auth", logging.INFO, __file__, 1, "handshake refused", None, None)
    record.__dict__ |= {"request_id": "r", "connection_id": "c", "principal_id": "p"}
    try:
        raise ValueError
    except ValueError:
        record.exc_info = sys.exc_info()
    return set(msgspec.json.decode(JsonFormatter().format(record)))


def access_log_fields() -> list[str]:
    """Of the template's format."""
    (api,) = resources("AWS::Serverless::WebSocketApi").values()
    return list(json.loads(api["AccessLogSettings"]["If"][1]["Format"]))


def test_the_tables_of_fields_are_what_is_logged() -> None:
    """The functions' lines, and the access log's."""
    named = [re.findall(r"`(\w+)`", row[0]) for row in table(PAGE, "field", "meaning")]
    fields = [name for names in named for name in names]

    assert [*fields] == [*[name for name in fields if name in log_fields()], *access_log_fields()]
    assert log_fields() <= set(fields)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_query_names_fields_that_exist(query: Fence) -> None:
    """Of the logs, of the metrics' lines, or its own."""
    text = re.sub(r'"[^"]*"|/[a-z]+/|\b\d+[mh]\b', "", query.text)
    known = log_fields() | set(access_log_fields()) | OF_LOGS_INSIGHTS | WORDS
    known |= {f"{row[0].strip('`')}.0" for row in table(PAGE, "metric", "unit")}
    known |= set(re.findall(r"\bas (\w+)", text))

    assert set(re.findall(r"@?[A-Za-z_][\w.]*", text)) <= known


def test_the_page_has_queries() -> None:
    """Or the test above tests nothing."""
    assert len(QUERIES) >= 5
