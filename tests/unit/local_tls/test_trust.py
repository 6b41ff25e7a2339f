"""What programs are told to trust: the authority, and all that they would trust without it."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from talkroom.local_tls import LocalAuthority
from tests.unit.local_tls.given import certificates, names, shake_hands, trusting


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Not there yet."""
    return tmp_path / "tls"


@pytest.fixture
def company(tmp_path: Path) -> LocalAuthority:
    """Somebody else's authority."""
    return LocalAuthority.load_or_create(tmp_path / "company")


def bundle_of(authority: LocalAuthority) -> Path:
    """The file for programs that trust one file and nothing else."""
    return Path(authority.environment()["AWS_CA_BUNDLE"])


def test_the_variables_of_usual_clients(folder: Path) -> None:
    """Those that replace the usual roots name the bundle, Node's names what it adds to its own."""
    bundle, alone = str(folder / "bundle.pem"), str(folder / "ca.pem")

    assert {
        "AWS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "REQUESTS_CA_BUNDLE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "NODE_EXTRA_CA_CERTS": alone,
    } == LocalAuthority.load_or_create(folder).environment()


def test_the_files_are_named_from_the_root(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions run in folders of their own."""
    monkeypatch.chdir(folder.parent)
    authority = LocalAuthority.load_or_create(Path("tls"))

    assert {True} == {Path(path).is_absolute() for path in authority.environment().values()}


def test_the_bundle_holds_the_authority_and_the_usual_roots(folder: Path) -> None:
    """AWS's own among them, so that functions can call AWS; each once."""
    authority = LocalAuthority.load_or_create(folder)
    found = certificates(bundle_of(authority))

    assert certificates(authority.certificate_file) == found[:1]
    assert "Amazon Root CA 1" in names(bundle_of(authority))
    assert len(found) == len(set(found))


def test_a_client_with_the_bundle_trusts_the_server(folder: Path) -> None:
    """As with the certificate alone."""
    authority = LocalAuthority.load_or_create(folder)

    assert shake_hands(authority.server_context(), trusting(bundle_of(authority)), "localhost").version()


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_what_was_trusted_before_stays_trusted(folder: Path, company: LocalAuthority, variable: str) -> None:
    """A company's proxy, whose certificate only this variable named."""
    inherited = {variable: str(company.certificate_file), "OTHER": "/nowhere"}
    authority = LocalAuthority.load_or_create(folder, inherited=inherited)

    assert certificates(company.certificate_file)[0] in certificates(bundle_of(authority))


def test_what_node_trusted_before_stays_trusted(folder: Path, company: LocalAuthority) -> None:
    """Its variable can name one file only."""
    inherited = {"NODE_EXTRA_CA_CERTS": str(company.certificate_file)}
    authority = LocalAuthority.load_or_create(folder, inherited=inherited)
    added = certificates(Path(authority.environment()["NODE_EXTRA_CA_CERTS"]))

    assert {*certificates(company.certificate_file), *certificates(authority.certificate_file)} <= set(added)


def test_a_bundle_of_an_earlier_start_is_not_taken_over(folder: Path, tmp_path: Path) -> None:
    """By a shell that has exported our own variables: an authority that was deleted would come back."""
    before = LocalAuthority.load_or_create(folder)
    deleted = certificates(before.certificate_file)[0]
    (folder / "authority.pem").unlink()
    authority = LocalAuthority.load_or_create(folder, inherited=before.environment())

    assert deleted not in certificates(bundle_of(authority))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(b" " * (8 * 1024 * 1024 + 1)), "more than 8388608 bytes"),
    ],
    ids=["missing", "folder", "large"],
)
def test_a_file_that_cannot_be_read_is_left_out_with_a_warning(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, make: Callable[[Path], object], reason: str
) -> None:
    """The gateway works without it."""
    file = tmp_path / "corporate.pem"
    make(file)
    with caplog.at_level(logging.WARNING):
        LocalAuthority.load_or_create(folder, inherited={"SSL_CERT_FILE": str(file)})

    assert [f"functions will not trust the certificates of {file}: {reason}"] == caplog.messages


def test_only_certificates_are_taken_from_a_file(folder: Path, company: LocalAuthority, tmp_path: Path) -> None:
    """Whatever else is between them, a private key for one, and however its lines end."""
    file = tmp_path / "mixed.pem"
    key = b"-----BEGIN PRIVATE KEY-----\r\nc2VjcmV0\r\n-----END PRIVATE KEY-----\r\n"
    file.write_bytes(b"# words\r\n" + key + company.certificate_file.read_bytes().replace(b"\n", b"\r\n"))
    authority = LocalAuthority.load_or_create(folder, inherited={"SSL_CERT_FILE": str(file)})

    assert certificates(company.certificate_file)[0] in certificates(bundle_of(authority))
    assert b"c2VjcmV0" not in bundle_of(authority).read_bytes()
