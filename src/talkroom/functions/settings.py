"""How functions are run, whatever template they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

INHERITED: Final = ("PATH", "HOME", "TMPDIR")
"""All that a function gets of the environment in which it is run: where programs, the user's files and temporary files are."""

INIT_TIMEOUT_S: Final = 10.0
"""What Lambda gives an initialization."""


def inherit_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables INHERITED of an environment, as far as they are set."""
    return {name: environment[name] for name in INHERITED if name in environment}


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What the AWS SDKs of a function sign with."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class HostSettings:
    """Everything about running functions that is not the function's own."""

    region: str
    account_id: str
    credentials: Credentials
    freeze: bool = False
    """Stop an environment's processes between invocations, as Lambda does."""
    concurrency_max: int = 10
    """Environments of one function at a time; invocations beyond them wait."""
    init_timeout_s: float = INIT_TIMEOUT_S
    """How long an environment may take, besides the function's own timeout, until it asks for its first invocation."""
    python: Path | None = None
    """The interpreter of Python functions; this one when it is not given."""
    node: Path | None = None
    """The program that runs Node.js functions; `node` on the PATH when it is not given."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables of every function, beneath those of its own."""
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """Variables of one function, by logical id; they win over the template's."""
    runtime_commands: Mapping[str, str] = field(default_factory=dict)
    """Command lines by the beginning of a runtime's identifier; the longest that fits counts.

    `{handler}` and `{code}` in a command line stand for the function's handler and the folder of its code.
    """
    inherited: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables of the developer's that functions get."""
