"""Where the platform posts on behalf of a stranger, and where it never does."""

import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest

from foundation import posting, targets
from tests.receiver import receiving


@pytest.fixture
def names(monkeypatch):
    """Return `names(host=[addresses])`: what names resolve to; others are not known."""
    known = {}
    real = socket.getaddrinfo

    def resolve(host, port, *args, **more):
        if host.replace(".", "").isdigit():
            return real(host, port, *args, **more)
        if host not in known:
            raise socket.gaierror("unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return lambda addresses: known.update(addresses)


@pytest.fixture
def loopback(settings):
    """Loopback counts as public, and http will do."""
    settings.HUB_WEBHOOK_NETWORKS = ("127.0.0.0/8",)


def find(url, http_too=False):
    return targets.find(url, http_too=http_too)


def test_a_public_target_is_taken_apart(names):
    names({"hooks.example.org": ["93.184.215.14", "93.184.215.14", "8.8.8.8"]})
    target = find("https://hooks.example.org/in/1?a=b")
    assert target.addresses == ("93.184.215.14", "8.8.8.8")
    assert (target.port, target.path, target.named) == (443, "/in/1?a=b", "hooks.example.org")
    assert find("https://hooks.example.org:8443").named == "hooks.example.org:8443"
    assert find("https://hooks.example.org").path == "/"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/",
        "ftp://hooks.example.org/",
        "file:///etc/passwd",
        "//hooks.example.org/",
        "https:///path",
        "https://user@hooks.example.org/",
        "https://user:word@hooks.example.org/",
        "https://hooks.example.org/#part",
        "https://hooks.example.org:99999/",
        "https://[::1",
        "https://hooks.example.org/a b",
        "https://hooks.example.org/\r\nX-Evil: 1",
        "https://unknown.example.org/",
        "https://" + "a" * 70 + ".example.org/",
        "",
    ],
)
def test_a_url_of_another_form_is_refused(names, url):
    names({"hooks.example.org": ["93.184.215.14"]})
    with pytest.raises(targets.Refused):
        find(url)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "::ffff:10.0.0.8", "0.0.0.0", "224.0.0.1",
     "fd00:ec2::254", "100.64.1.1"],
)  # fmt: skip
def test_a_name_that_leads_into_our_network_is_refused_also_beside_a_public_address(names, address):
    names({"evil.example.org": [address], "mixed.example.org": ["93.184.215.14", address]})
    for host in ("evil.example.org", "mixed.example.org"):
        with pytest.raises(targets.Refused):
            find(f"https://{host}/")


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.0.0.1", "[::ffff:127.0.0.1]"])
def test_addresses_written_oddly_are_refused_by_what_they_resolve_to(host):
    with pytest.raises(targets.Refused):
        find(f"https://{host}/")


def test_what_does_not_resolve_and_what_must_not_be_reached_read_the_same(names):
    names({"inside.example.org": ["10.0.0.8"]})
    with pytest.raises(targets.Refused) as inside:
        find("https://inside.example.org/")
    with pytest.raises(targets.Refused) as unknown:
        find("https://unknown.example.org/")
    assert str(inside.value) == str(unknown.value)


def test_a_name_that_changes_its_mind_is_not_asked_again(loopback, names):
    with receiving() as receiver:
        names({"fickle.example.org": ["127.0.0.1"]})
        target = find(f"http://fickle.example.org:{receiver.port}/hook", http_too=True)
        # 127.0.0.2 is loopback too: nobody listens there, so reaching it would be an error.
        names({"fickle.example.org": ["127.0.0.2"]})
        assert posting.post(target, b"{}", {}).status == 204
        (_path, headers, _body) = receiver.got[0]
        assert headers["Host"] == f"fickle.example.org:{receiver.port}"


def test_a_redirect_is_not_followed(loopback):
    with receiving() as other, receiving() as receiver:
        receiver.answers, receiver.location = [302], other.url
        outcome = posting.post(find(receiver.url, http_too=True), b"{}", {})
        assert (outcome.status, outcome.taken) == (302, False)
        assert other.got == []


def test_a_receiver_that_dawdles_is_cut_off(loopback, monkeypatch):
    monkeypatch.setattr(posting, "WHOLE_S", 0.3)
    with receiving() as receiver:
        receiver.sleep_s = 1.0
        outcome = posting.post(find(receiver.url, http_too=True), b"{}", {})
    assert (outcome.status, outcome.error) == (None, "timeout")
    assert 250 <= outcome.milliseconds < 900


def test_a_receiver_that_sends_a_byte_now_and_then_is_cut_off_as_a_whole(loopback, monkeypatch):
    """Each byte comes within the timeout of a read; the whole does not."""
    monkeypatch.setattr(posting, "WHOLE_S", 0.5)
    import threading
    import time

    listening = socket.create_server(("127.0.0.1", 0))

    def drip():
        connection, _ = listening.accept()
        try:
            for _ in range(60):
                connection.sendall(b"H")
                time.sleep(0.05)
        except OSError:
            pass
        connection.close()

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    outcome = posting.post(find(url, http_too=True), b"{}", {})
    listening.close()
    thread.join(5)
    assert (outcome.status, outcome.error) == (None, "timeout")
    assert outcome.milliseconds < 1500


def test_nobody_listening_and_a_body_too_long_are_told(loopback):
    with receiving() as receiver:
        url = receiver.url
        long = posting.post(find(url, http_too=True), b"x" * (posting.MOST_BYTES + 1), {})
        assert (long.error, receiver.got) == ("too_large", [])
    gone = posting.post(find(url, http_too=True), b"{}", {})
    assert (gone.status, gone.error) == (None, "connection")


@pytest.fixture
def certificate(tmp_path):
    """Return the path of a certificate with its key for the name hooks.test."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.test")])
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(moment)
        .not_valid_after(moment + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.test")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "cert.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def test_a_certificate_is_checked_against_the_name_although_the_address_is_pinned(
    loopback, names, certificate, monkeypatch
):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    names({"hooks.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]})
    with receiving(server) as receiver:
        trusted = f"https://hooks.test:{receiver.port}/hook"
        assert posting.post(find(trusted), b"{}", {}).error == "tls"
        context = ssl.create_default_context(cafile=certificate)
        monkeypatch.setattr(posting, "_tls", lambda: context)
        assert posting.post(find(trusted), b"{}", {}).status == 204
        other = f"https://other.test:{receiver.port}/hook"
        assert posting.post(find(other), b"{}", {}).error == "tls"
        assert len(receiver.got) == 1
