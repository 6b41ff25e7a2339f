"""The probe application on a gateway of this process, so that a test can make the gateway wrong; and other emulators' events.

What is replaced is what the gateway's own modules call, such as `encode_event`: everything else stays as it is.
"""

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from talkroom.conformance.options import Limits, Options
from talkroom.conformance.runner import run
from talkroom.contract.authorizer import PolicyDocument
from talkroom.entrypoints.own_gateway import DOMAIN, MAPPING_KEY, write_probe
from talkroom.functions import integration
from talkroom.functions.settings import Credentials, HostSettings
from talkroom.gateway.api import GatewayLimits
from talkroom.gateway.signing_keys import ManagementKey
from talkroom.template_gateway.local_gateway import LocalGateway
from talkroom.template_gateway.options import GatewayOptions, TemplateSource

KEY_ID, KEY = "AKIDWRONGGATEWAY", "a key of the conformance tests"
DENIED_KEY_ID, DENIED_KEY = "AKIDDENIED", "another one"
EventAsJson = dict[str, Any]
Distortion = Callable[[EventAsJson], EventAsJson]
Make = Callable[[pytest.MonkeyPatch], None]
"""Makes a gateway wrong."""


@asynccontextmanager
async def gateway_here(
    folder: Path, *, limits: GatewayLimits | None = None, reload: bool = False
) -> AsyncIterator[Options]:
    """Serve the probe from this folder, in this process; the options of a run on it."""
    write_probe(folder / "probe")
    limits = limits or GatewayLimits()
    parameters = {"StoreFolder": str(folder / "store"), "DomainName": DOMAIN, "MappingKey": MAPPING_KEY}
    gateway = LocalGateway(
        GatewayOptions(
            source=TemplateSource(template=folder / "probe" / "template.yaml", parameters=parameters),
            port=0,
            keys=(
                ManagementKey(KEY_ID, KEY),
                ManagementKey(DENIED_KEY_ID, DENIED_KEY, PolicyDocument(())),
            ),
            hosts=HostSettings(
                region="us-east-1",
                account_id="000000000000",
                credentials=Credentials(access_key_id=KEY_ID, secret_access_key=KEY),
                python=Path(sys.executable),
            ),
            limits=limits,
            reload=reload,
            state=folder,
        )
    )
    try:
        await gateway.start()
        places = dict(zip((spec.logical_id for spec in gateway.stack.apis), gateway.addresses, strict=True))
        yield Options(
            ws=f"ws://{places['Main']}/prod",
            access_key_id=KEY_ID,
            secret_access_key=KEY,
            denied_access_key_id=DENIED_KEY_ID,
            denied_secret_access_key=DENIED_KEY,
            region="us-east-1",
            domain=f"ws://{DOMAIN}:{places['Main'].port}/{MAPPING_KEY}",
            limits=Limits(
                idle_timeout_s=limits.idle_timeout_s,
                connection_duration_s=limits.connection_duration_s,
                integration_timeout_s=limits.integration_timeout_s,
            ),
        )
    finally:
        await gateway.stop()


async def departures(options: Options, only: Iterable[int], **more: Any) -> dict[int, str]:
    """What these checks say when they do not pass."""
    given = {name: getattr(options, name) for name in Options.__struct_fields__} | {"only": ",".join(map(str, only))}
    report = await run(Options(**(given | more)))
    return {
        result.number: f"{result.outcome}: {result.sentence}" for result in report.results if result.outcome != "passed"
    }


async def departures_of(make: Make, expected: Mapping[int, str], options: Options, **more: Any) -> dict[int, str]:
    """What the checks that are expected to depart say of a gateway that is made wrong for them.

    Of each the part that is expected, if its sentence holds it, so that both mappings can be compared.
    """
    with pytest.MonkeyPatch.context() as wrong:
        make(wrong)
        said = await departures(options, expected, **more)
    return {number: expected[number] if expected[number] in sentence else sentence for number, sentence in said.items()}


def distort(monkeypatch: pytest.MonkeyPatch, distortion: Distortion) -> None:
    """From now on the functions get other events, those of the authorizer too."""
    for name in ("encode_event", "encode_authorizer_event"):
        right = getattr(integration, name)

        def wrong(event: Any, right: Callable[[Any], bytes] = right) -> bytes:
            return json.dumps(distortion(json.loads(right(event)))).encode()

        monkeypatch.setattr(integration, name, wrong)
