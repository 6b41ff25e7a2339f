"""What becomes of posted bytes: a text message holds UTF-8, and what is not UTF-8 is replaced.

Section 1.3 of the contract page: measured on AWS, it is what Python's `bytes.decode("utf-8", "replace")` makes, but that a
surrogate, ED A0..BF with or without its last byte, becomes one U+FFFD and not one for every byte. Of the 25 cases measured the
page prints nine, which are here; the others follow from the rule, and a test holds them to it.
"""

from collections.abc import Mapping
from typing import Final

REPLACED: Final[Mapping[bytes, str]] = {
    bytes.fromhex(posted): delivered
    for posted, delivered in (
        # The nine that the page prints.
        ("eda080", "\ufffd"),
        ("eda0bdedb880", "\ufffd\ufffd"),
        ("eda041", "\ufffdA"),
        ("fffe0001", "\ufffd\ufffd\x00\x01"),
        ("c0af", "\ufffd\ufffd"),
        ("e080af", "\ufffd\ufffd\ufffd"),
        ("f4908080", "\ufffd\ufffd\ufffd\ufffd"),
        ("e28241", "\ufffdA"),
        ("f09f98", "\ufffd"),
        # Bytes that begin nothing, and bytes that never occur.
        ("80", "\ufffd"),
        ("bfbf", "\ufffd\ufffd"),
        ("61ff62", "a\ufffdb"),
        ("c1bf", "\ufffd\ufffd"),
        ("f5808080", "\ufffd\ufffd\ufffd\ufffd"),
        ("f888808080", "\ufffd\ufffd\ufffd\ufffd\ufffd"),
        # Sequences that break off: one for as much as could have gone on.
        ("c3", "\ufffd"),
        ("c328", "\ufffd("),
        ("e282", "\ufffd"),
        ("f09f9841", "\ufffdA"),
        ("f0808080", "\ufffd\ufffd\ufffd\ufffd"),
        # Surrogates, and what looks like them.
        ("edbfbf", "\ufffd"),
        ("eda0", "\ufffd"),
        ("ed41", "\ufffdA"),
        ("ed9fbf80", "\ud7ff\ufffd"),
        # What is UTF-8 stays.
        ("c3a920f09f9880", "\u00e9 \U0001f600"),
    )
}
"""25 payloads of posts, and the texts that clients get."""
