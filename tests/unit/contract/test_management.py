"""Values of the management API: section 1.3 of the contract page."""

import msgspec

from talkroom.contract.management import ConnectionIdentity, ConnectionInfo, Deliveries


def test_connection_info_is_what_the_api_answers():
    """The wire example of the contract page, byte for byte; a client without a user agent has null."""
    info = ConnectionInfo("2022-01-25T18:50:04.673Z", ConnectionIdentity("192.0.2.1", None), "2022-01-25T18:50:07.642Z")

    assert (
        b'{"connectedAt":"2022-01-25T18:50:04.673Z","identity":{"sourceIp":"192.0.2.1","userAgent":null},'
        b'"lastActiveAt":"2022-01-25T18:50:07.642Z"}'
    ) == msgspec.json.encode(info)


def test_no_deliveries_is_the_empty_value():
    """What posting to nobody gives."""
    assert Deliveries(0, (), (), ()) == Deliveries()
