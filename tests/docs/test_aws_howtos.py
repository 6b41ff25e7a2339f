"""The how-tos about AWS: what they name is in the template, and what can run without AWS runs."""

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import botocore.session
import jwt
import pytest
from botocore import xform_name

from tests.docs.aws_pages import ENGLISH, JAPANESE, resources, template
from tests.docs.support import DEADLINE_S, DOCS, ROOT, SECRET, fences, table

DEPLOY = DOCS / "howto" / "deploy-to-aws.md"
PAGES = (*ENGLISH, *JAPANESE)
GLOBAL_OPTIONS = {"--endpoint-url", "--output", "--profile", "--query", "--region"}
AWS_NAMES = {
    *(
        "ClientError",
        "ConcurrentExecutions",
        "ConnectCount",
        "Duration",
        "Errors",
        "ExecutionError",
        "IntegrationError",
    ),
    *("AsyncEventsDropped", "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "IntegrationLatency"),
    *("MessageCount", "ReadThrottleEvents", "Throttles", "WriteThrottleEvents"),
    *("LambdaConfig", "GoneException", "START", "REPORT", "STACK", "ENOTFOUND"),
}
"""Names of AWS's own: metrics, settings, errors, and words of Lambda's log."""
OUR_NAMES = {"ConfigError", "RefusedHandshake", "Talkroom"}


def code(page: Path) -> list[str]:
    """The fenced blocks, those inside of lists too."""
    return re.findall(r"^ *```.*?^ *```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


SCRIPTS = [
    pytest.param(textwrap.dedent(block).strip().removeprefix("```sh").removesuffix("```"), id=f"{page.stem}-{index}")
    for page in ENGLISH
    for index, block in enumerate(code(page))
    if block.lstrip().startswith("```sh")
]


def joined(text: str) -> list[str]:
    """The lines of a script, continued ones made one."""
    return text.replace("\\\n", " ").splitlines()


# The languages.


@pytest.mark.parametrize("page", ENGLISH, ids=lambda page: page.name)
def test_a_how_to_about_aws_has_a_japanese_twin(page: Path) -> None:
    """With the same code in the same order, as many headings of each level, and as many rows in its tables."""
    twin = DOCS / "ja" / "howto" / page.name

    assert twin.exists()
    assert shape(page) == shape(twin)
    assert code(page) == code(twin)


def test_a_japanese_how_to_has_an_english_twin() -> None:
    """None is left behind when its original is renamed."""
    assert set(JAPANESE) | {DOCS / "ja" / "howto" / "embed-the-chat.md"} == set((DOCS / "ja").rglob("*.md"))


def shape(page: Path) -> list[str]:
    """The marks of headings and of rows of tables, in order."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^(#+ |\|)", text, re.MULTILINE)


# The template.


@pytest.mark.parametrize("page", [DEPLOY, DOCS / "ja" / "howto" / DEPLOY.name], ids=str)
def test_every_parameter_of_the_template_is_on_the_page(page: Path) -> None:
    """Once, with its default."""
    stated: dict[str, str] = {}
    for row in rows(page, 4):
        names, defaults = (re.findall(r"`([^`]+)`", cell) for cell in row[:2])
        stated |= dict(zip(names, [*defaults, *[""] * len(names)], strict=False))
    defaults_of = {name: str(one["Default"]) for name, one in template()["Parameters"].items()}

    assert defaults_of == stated


def test_a_deployment_without_questions_names_parameters_that_exist() -> None:
    """In the line for CI."""
    (fence,) = [fence for fence in fences(DEPLOY) if "--parameter-overrides" in fence.text]
    named = set(re.findall(r"\b([A-Z]\w+)=", fence.text.partition("--parameter-overrides")[2]))

    assert named
    assert named <= set(template()["Parameters"])


def test_every_output_of_the_template_is_on_the_page() -> None:
    """By its name."""
    named = {name for row in table(DEPLOY, "output", "what it is") for name in re.findall(r"`(\w+)`", row[0])}

    assert set(template()["Outputs"]) == named


def test_every_function_of_the_template_is_on_the_page() -> None:
    """By the name of its handler."""
    handlers = [one["Handler"].rpartition(".")[2] for one in resources("AWS::Serverless::Function").values()]

    assert handlers == [row[0].strip("`") for row in table(DEPLOY, "function", "runs", "may")]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_name_in_capitals_exists(page: Path) -> None:
    """A parameter, an output, a resource, a metric: none that was renamed is left on a page."""
    known = AWS_NAMES | OUR_NAMES | set(template()["Parameters"]) | set(template()["Outputs"])
    known |= set(template()["Resources"])
    known |= {row[0].strip("`") for row in table(DOCS / "howto" / "monitor-on-aws.md", "metric", "unit")}

    assert set(re.findall(r"`([A-Z][A-Za-z0-9]+)`", page.read_text(encoding="utf-8"))) <= known


def rows(page: Path, number: int) -> list[list[str]]:
    """The rows of the one table whose first row is about StageName, in any language."""
    lines = page.read_text(encoding="utf-8").splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("| `StageName`"))
    found = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in re.sub(r"\| *\|", "| |", line).strip().strip("|").split("|")][:number])
    return found


# Commands.


@pytest.mark.parametrize("text", SCRIPTS)
def test_a_script_is_one(text: str) -> None:
    """For bash; lines that are typed into wscat left out."""
    script = "\n".join(line for line in text.splitlines() if not line.startswith("> "))

    subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=DEADLINE_S)


def aws_commands() -> list[str]:
    """Every line of the AWS CLI on the pages, lists included, once."""
    lines = [line for page in ENGLISH for block in code(page) for line in joined(block)]
    found = [command for line in lines for command in re.findall(r"\baws [a-z0-9]+ [a-z][a-z-]+[^|;)]*", line)]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("command", aws_commands(), ids=lambda command: " ".join(command.split()[1:4]))
def test_an_aws_command_exists_with_its_options(command: str) -> None:
    """As botocore's models have them, from which the AWS CLI is made."""
    _, service, operation, *words = command.split()
    session = botocore.session.get_session()
    model = session.get_service_model(service)
    if operation == "wait":
        waiters = session.get_waiter_model(service)
        (name,) = [one for one in waiters.waiter_names if xform_name(one, "-") == words[0]]
        known = {waiters.get_waiter(name).operation}
    else:
        known = {one for one in model.operation_names if xform_name(one, "-") == operation}
    (found,) = known
    members = model.operation_model(found).input_shape.members

    options = {f"--{xform_name(member, '-')}" for member in members} | GLOBAL_OPTIONS
    assert set(re.findall(r"(?<=\s)--[a-z][a-z0-9-]+", command)) <= options


def test_the_tokens_of_the_page_are_made(tmp_path: Path) -> None:
    """With an `aws` that gives a secret as Secrets Manager would."""
    (fence,) = [fence for fence in fences(DEPLOY) if "talkroom token" in fence.text]
    programs = {
        "bin/aws": f"echo '{SECRET}'",
        ".venv/bin/talkroom": f'exec {sys.executable} -m talkroom.entrypoints.cli "$@"',
    }
    for name, script in programs.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TALKROOM_")}
    environment |= {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "SECRET_ARN": "arn:aws:secretsmanager:a:1:secret:b",
    }
    run = subprocess.run(
        ["bash", "-e"],
        input=fence.text,
        cwd=tmp_path,
        env=environment,
        text=True,
        check=True,
        capture_output=True,
        timeout=DEADLINE_S,
    )

    claims = [jwt.decode(token, SECRET, ["HS256"], audience="talkroom") for token in run.stdout.split()]
    assert [("alice", "アリス", ["lobby"]), ("bob", "ボブ", ["lobby"])] == [
        (one["sub"], one["name"], one["rooms"]) for one in claims
    ]


def test_the_make_targets_exist() -> None:
    """`make deploy` and `make undeploy`."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        for target in re.findall(r"`make ([a-z]+)`|^make ([a-z]+)$", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert re.search(rf"^{''.join(target)}:", makefile, re.MULTILINE), target


# README.


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_prices_in_the_readme_are_those_of_the_page_about_cost(name: str) -> None:
    """A million messages to rooms of 50, and a month with nobody there."""
    cost = (DOCS / "topics" / "cost.md").read_text(encoding="utf-8")
    section = next(part for part in (ROOT / name).read_text(encoding="utf-8").split("\n## ") if "make deploy" in part)
    million = re.search(r"^ +50 .* (\d+\.\d\d) +\d\.\d\d$", cost, re.MULTILINE)
    idle = re.search(r"nobody there.* (\d+) dollars a month", cost)
    assert million is not None
    assert idle is not None

    prices = re.findall(r"(\d+) (?:dollars|ドル)|cost (\d+):", section)
    assert [idle[1], str(round(float(million[1])))] == ["".join(price) for price in prices]


def test_the_commands_of_the_readme_are_of_the_same_kind_as_the_outputs() -> None:
    """`wscat -c <url> -s <token> -s <room>`, as the article has it."""
    output = template()["Outputs"]["WscatCommand"]["Value"]["Sub"]

    assert re.fullmatch(r"wscat -c wss://\S+ -s <token> -s \S+", output)
    for name in ("README.md", "README.ja.md"):
        assert re.search(r"^    wscat -c wss://\S+ -s <token> -s \S+$", (ROOT / name).read_text(), re.MULTILINE)


def test_json_blocks_are_json() -> None:
    """Those of the English pages; the others are the same."""
    for page in ENGLISH:
        for fence in fences(page):
            if fence.language == "json":
                json.loads(fence.text)
