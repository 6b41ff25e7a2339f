"""The probe application: small functions behind several WebSocket APIs, which do as they are told and record what they are given.

`template.yaml` (SAM) deploys it to AWS and to anything that reads such templates; `handlers/__init__.py` is the language in
which the suite tells the functions what to do; `../apis.py` says what each API is for. What is recorded goes to a folder
(`PROBE_STORE_FOLDER`, for emulators whose functions run on the suite's machine or share a volume) or to a DynamoDB table
(`PROBE_TABLE`), and the suite reads it through the routes `recall` and `describe` of the API Main, so that it needs nothing but
URLs.

Environment of the functions:

    PROBE_STORE_FOLDER      folder of JSON lines; wins over PROBE_TABLE
    PROBE_TABLE             DynamoDB table with the string keys `key` and `sort`; the template makes one
    PROBE_MANAGEMENT_URL    `@connections` endpoint with `{domain}`, `{stage}` and `{api}` to fill in; by default
                            https://{domain}/{stage}, of the event, as applications on AWS make it
    PROBE_ID_MAIN, PROBE_URL_MAIN …    ids and URLs of the APIs, for `describe`
"""

from importlib.resources import files
from importlib.resources.abc import Traversable


def template() -> Traversable:
    """The file `template.yaml`."""
    return files(__name__) / "template.yaml"
