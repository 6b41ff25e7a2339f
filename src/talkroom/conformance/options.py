"""What a run is given."""

from collections.abc import Set
from pathlib import Path
from typing import Final

import msgspec

from talkroom.conformance.catalogue import CATALOGUE, SECTIONS
from talkroom.conformance.errors import NotRun, Unusable


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of the target: API Gateway's own, unless the gateway under test was configured otherwise."""

    idle_timeout_s: float = 600
    connection_duration_s: float = 7200
    integration_timeout_s: float = 29


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `talkroom conformance`.

    `ws`                      --ws URL: where clients connect to the probe's API `Main`, stage included
    `management`              --management URL: its `@connections` endpoint; by default the same with http or https
    `region`                  --region: of the signatures; by default from the URL, or from botocore's settings
    `access_key_id` …         --access-key-id, --secret-access-key, --session-token: by default botocore's chain
    `denied_access_key_id` …  --denied-access-key-id, --denied-secret-access-key, --denied-session-token: a key that may not manage
                              connections, for check 103
    `only`                    --only 12,13 or A or B,110-118: which checks to run; all by default
    `json`, `markdown`        --json FILE, --markdown FILE: where to write the report and the matrix
    `notes`                   --notes FILE: JSON object from number to sentence, shown in the matrix: deliberate differences
    `limits`                  --idle-timeout-s, --connection-duration-s, --integration-timeout-s: of the target
    `longest_wait_s`          --longest-wait-s: a check that has to wait longer is not run
    `patience_s`              --patience-s: how long to wait for what must come at once
    `ca`                      --ca FILE: certificates to trust; on loopback nothing is verified without it
    `domain`                  --domain URL: where Main is mapped to a custom domain, wss://host[:port][/mapping], for check 107
    `redeploy`                --redeploy COMMAND: deploys the probe application again, with code that has changed, for check 125
    `deploy`                  --deploy COMMAND: deploys the template `{template}` and fails when it is rejected, for check 42
                              (it makes a role: on AWS with CAPABILITY_IAM, into a stack of its own)
    `freezes`                 --freezes: functions are frozen between invocations, for check 126; on AWS they are
    `concurrency`             --concurrency: checks at once
    """

    ws: str
    management: str | None = None
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = None
    session_token: str | None = None
    denied_access_key_id: str | None = None
    denied_secret_access_key: str | None = None
    denied_session_token: str | None = None
    only: str = ""
    json: Path | None = None
    markdown: Path | None = None
    notes: Path | None = None
    limits: Limits = Limits()
    longest_wait_s: float = 120
    patience_s: float = 10
    ca: Path | None = None
    domain: str | None = None
    redeploy: str | None = None
    deploy: str | None = None
    freezes: bool = False
    concurrency: int = 8

    def wait(self, seconds: float) -> float:
        """The same seconds. Raises NotRun when they are more than the run allows."""
        if seconds > self.longest_wait_s:
            raise NotRun(
                f"it waits {seconds:g} s: give --longest-wait-s {seconds:g}, or give the gateway under test shorter limits and"
                " tell them to the suite (--idle-timeout-s, --connection-duration-s, --integration-timeout-s)"
            )
        return seconds


_ALL: Final = frozenset(CATALOGUE)


def select(only: str) -> Set[int]:
    """The numbers that `12,13`, `A` or `B,110-118` means; all of them for an empty text. Raises Unusable."""
    chosen: set[int] = set()
    for part in filter(None, (piece.strip() for piece in only.split(","))):
        first, _, last = part.partition("-")
        if part.upper() in SECTIONS:
            chosen.update(number for number, row in CATALOGUE.items() if row.section == part.upper())
        elif first.isdecimal() and (last or first).isdecimal() and {int(first), int(last or first)} <= _ALL:
            chosen.update(range(int(first), int(last or first) + 1))
        else:
            raise Unusable(
                f"--only {part}: not a section A to F, a number 1 to {len(CATALOGUE)}, or a range such as 1-24"
            )
    return chosen or _ALL
