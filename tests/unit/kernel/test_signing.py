import base64

import pytest

from kernel import signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'
# The reference vector that the libraries of Standard Webhooks are tested with.
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_reference_vector_is_signed_as_the_standard_says():
    assert signing.sign(SECRET, MESSAGE, 1614265330, BODY) == SIGNATURE


def test_the_headers_carry_a_signature_of_each_secret_that_lives():
    other = signing.new_secret()
    sent = signing.headers([other, SECRET], MESSAGE, 1614265330, BODY)
    assert sent["webhook-id"] == MESSAGE
    assert sent["webhook-timestamp"] == "1614265330"
    of_other, of_known = sent["webhook-signature"].split(" ")
    assert of_known == SIGNATURE
    assert of_other not in (SIGNATURE, "")


@pytest.mark.parametrize(
    ("message", "timestamp", "body"),
    [("msg_2", 1614265330, BODY), (MESSAGE, 1614265331, BODY), (MESSAGE, 1614265330, BODY + b" ")],
)
def test_whatever_is_changed_changes_the_signature(message, timestamp, body):
    assert signing.sign(SECRET, message, timestamp, body) != SIGNATURE


def test_a_new_secret_has_as_many_bytes_as_the_standard_wants_and_is_never_the_same():
    one, other = signing.new_secret(), signing.new_secret()
    assert one != other
    assert one.startswith("whsec_")
    assert 24 <= len(base64.b64decode(one.removeprefix("whsec_"))) <= 64
