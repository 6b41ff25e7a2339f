"""The probe application as it is deployed: where its APIs are, and who may manage their connections."""

import asyncio
import re
from typing import Any

import botocore.session
import msgspec
from botocore.credentials import Credentials

from talkroom.conformance.endpoint import Endpoint, make_tls
from talkroom.conformance.errors import Departure, NotRun, Unusable
from talkroom.conformance.management import Management
from talkroom.conformance.options import Options
from talkroom.conformance.recall import Recall, Way
from talkroom.conformance.wire import Wire


class ApiPlace(msgspec.Struct, frozen=True):
    """One API as the probe describes itself."""

    api_id: str
    url: str


class Deployment:
    """What all checks of a run share. It holds no connection. Raises Unusable for options that cannot be used."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.main = Endpoint.parse(options.ws, "--ws").with_scheme(websocket=True)
        management = self.main if options.management is None else Endpoint.parse(options.management, "--management")
        self.main_management = management.with_scheme(websocket=False)
        self._domain = None if options.domain is None else Endpoint.parse(options.domain, "--domain")
        self.tls = make_tls(options.ca, verify=options.ca is not None or not self.main.is_loopback)
        if options.access_key_id is not None and options.secret_access_key is None:
            raise Unusable("--access-key-id needs --secret-access-key")
        self._session = botocore.session.Session()
        self.region = self._find_region()
        self.way = Way()
        self._places: dict[str, ApiPlace] = {}
        self._managements: dict[tuple[str, bool], Management] = {}
        self._describing = asyncio.Lock()

    async def connect(self, endpoint: Endpoint) -> Wire:
        """A TCP connection, with TLS where the URL says so."""
        return await endpoint.connect(self.tls, self.options.patience_s)

    def recall(self) -> Recall:
        """A channel to what the functions recorded."""
        return Recall(self.main, self.connect, self.way, self.options.patience_s)

    async def endpoint(self, api: str) -> Endpoint:
        """Where clients connect to this API."""
        return await self._sibling(api, self.main)

    async def management(self, api: str = "main", *, denied: bool = False) -> Management:
        """`@connections` of this API; `denied` is with the credentials that may not use it. Raises NotRun without credentials."""
        made = self._managements.get((api, denied))
        if made is None:
            endpoint = await self._sibling(api, self.main_management)
            credentials = self._denied_credentials() if denied else self._credentials()
            made = Management(endpoint, credentials, self.region, self.tls, self.options)
            self._managements[api, denied] = made
        return made

    def domain(self) -> Endpoint:
        """Where clients connect to Main by its custom domain. Raises NotRun when the run was not told."""
        if self._domain is None:
            raise NotRun("no custom domain: map Main to one, and give --domain wss://host/mapping")
        mapped = self._domain.with_scheme(websocket=True)
        # A domain of a gateway on this machine has a name for the Host header, and nobody resolves it.
        return msgspec.structs.replace(mapped, reached_at=self.main.address) if self.main.is_loopback else mapped

    def domain_management(self) -> Management:
        """`@connections` of Main below its custom domain. Raises NotRun when the run was not told, and without credentials."""
        endpoint = self.domain().with_scheme(websocket=False)
        return Management(endpoint, self._credentials(), self.region, self.tls, self.options)

    def management_at(self, endpoint: Endpoint) -> Management:
        """`@connections` at this endpoint, whoever said that it is one. Raises NotRun without credentials."""
        return Management(endpoint, self._credentials(), self.region, self.tls, self.options)

    async def api_id(self, api: str) -> str:
        """As the probe says."""
        return (await self._describe())[api].api_id

    async def _sibling(self, api: str, of_main: Endpoint) -> Endpoint:
        """Beside Main: by the id in its URL where that is part of it, as on AWS, and otherwise as the probe says."""
        if api == "main":
            return of_main
        places = await self._describe()
        if api not in places:
            raise NotRun(f"the probe application has no API {api!r}: deploy the template of this version")
        main_id, api_id = places["main"].api_id, places[api].api_id
        if main_id and main_id in of_main.host + of_main.path:
            return msgspec.structs.replace(
                of_main, host=of_main.host.replace(main_id, api_id), path=of_main.path.replace(main_id, api_id)
            )
        described = Endpoint.parse(places[api].url, f"the URL of the API {api!r} in the probe's environment")
        return msgspec.structs.replace(described, scheme=of_main.scheme)

    async def _describe(self) -> dict[str, ApiPlace]:
        async with self._describing:
            if not self._places:
                recall = self.recall()
                try:
                    answer: dict[str, Any] = await recall.ask({"action": "describe"})
                    self._places = msgspec.convert(answer.get("apis"), dict[str, ApiPlace])
                except msgspec.ValidationError as error:
                    raise Departure(f"the probe application describes itself wrongly: {error}") from error
                finally:
                    await recall.close()
            return self._places

    def _find_region(self) -> str:
        in_host = re.search(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.", self.main.host)
        return (
            self.options.region
            or (in_host[1] if in_host else None)
            or self._session.get_config_variable("region")
            or "us-east-1"
        )

    def _credentials(self) -> Credentials:
        options = self.options
        if options.access_key_id is not None:
            return Credentials(options.access_key_id, options.secret_access_key, options.session_token)
        found = self._session.get_credentials()
        if found is None:
            raise NotRun(
                "no credentials for @connections: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile"
            )
        frozen = found.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)

    def _denied_credentials(self) -> Credentials:
        options = self.options
        if options.denied_access_key_id is None or options.denied_secret_access_key is None:
            raise NotRun(
                "no key that may not manage connections: give --denied-access-key-id and --denied-secret-access-key"
            )
        return Credentials(options.denied_access_key_id, options.denied_secret_access_key, options.denied_session_token)
