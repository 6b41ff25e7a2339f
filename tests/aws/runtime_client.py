"""The built functions under `awslambdaric`, Lambda's own runtime client for Python, behind `talkroom gateway`.

The gateway reads the built template as it is, speaks the Lambda Runtime API to the functions and serves the management API to them;
tables and secret are the deployed stack's.
"""

import json
from pathlib import Path

from tests.aws.cloud import ROOT_KEY, tool
from tests.aws.stack import STAGE, Stack
from tests.chat.host import Host
from tests.e2e.ministack import free_port
from tests.e2e.template_gateway import GatewayProcess


class RuntimeClientGateway(GatewayProcess):
    """The chat on this machine's gateway, with the functions of the stack."""

    def __init__(self, folder: Path, built: Path, stack: Stack) -> None:
        # Chosen here, because the functions must know it before the gateway has begun.
        port = free_port()
        self._stack = stack
        variables = {
            "AWS_ENDPOINT_URL": stack.cloud.endpoint,
            "TALKROOM_CONNECTIONS_TABLE": stack.outputs["ConnectionsTable"],
            "TALKROOM_MESSAGES_TABLE": stack.outputs["MessagesTable"],
            "TALKROOM_MANAGEMENT_ENDPOINT": f"http://127.0.0.1:{port}/{STAGE}",
            "TALKROOM_TOKEN_SECRET_ARN": stack.outputs["TokenSecretArn"],
            "TALKROOM_FAN_OUT_FUNCTION": stack.resources["FanOutFunction"],
        }
        file = folder / "variables.json"
        file.write_text(json.dumps({"Parameters": variables}))
        command = f"python={tool('python', 'ministack')} -m awslambdaric {{handler}}"
        options = ("--env-vars", str(file), "--runtime-command", command, "--no-reload", "--concurrency", "4")
        super().__init__(folder, built, "--port", str(port), *options, environment=ROOT_KEY)

    @property
    def host(self) -> Host:
        """For the suite of the chat."""
        return Host(url=self.url, secret=self._stack.secret)
