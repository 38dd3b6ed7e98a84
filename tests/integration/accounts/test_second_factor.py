"""City staff cannot work without a second factor, except in a demo."""

import base64
import hmac
import struct
from datetime import timedelta

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator

from kernel.clock import wall
from tests import factories

pytestmark = pytest.mark.django_db

SETUP = "/accounts/2fa/totp/activate/"
CODES = "/accounts/2fa/recovery-codes/"


@pytest.fixture
def page():
    """A page that needs nobody in particular, and an endpoint."""
    return "/api/v1/clock"


@pytest.mark.parametrize("role", ["city_official", "enforcement_officer"])
def test_city_staff_without_a_second_factor_are_sent_to_set_it_up(client, hel_city, role):
    client.force_login(factories.person(hel_city, role))
    answer = client.get("/membership/")
    assert (answer.status_code, answer.headers.get("Location")) == (302, SETUP)
    answer = client.get(SETUP)  # what it takes stays open: first one signs in once more
    assert answer.headers.get("Location", "").startswith("/accounts/reauthenticate/")


def test_who_has_just_signed_in_is_not_asked_for_the_password_twice(client, hel_city):
    official = factories.person(hel_city, "city_official", password="correct horse battery")
    sign_in = {"login": official.email, "password": "correct horse battery"}
    client.post("/accounts/login/", sign_in)
    assert client.get("/membership/").headers["Location"] == SETUP
    assert client.get(SETUP).status_code == 200
    session = client.session  # six minutes later it is asked again
    for record in session["account_authentication_methods"]:
        record["at"] -= 360
    session.save()
    answer = client.get(SETUP)
    assert answer.headers.get("Location", "").startswith("/accounts/reauthenticate/")


def test_who_has_just_set_up_the_second_factor_sees_the_recovery_codes_at_once(client, hel_city):
    official = factories.person(hel_city, "city_official", password="correct horse battery")
    client.post("/accounts/login/", {"login": official.email, "password": "correct horse battery"})
    client.get(SETUP)
    done = client.post(SETUP, {"code": code_of(client.session["mfa.totp.secret"])})
    assert done["Location"] == CODES
    assert client.get(CODES).status_code == 200
    Authenticator.objects.update(created_at=wall() - timedelta(minutes=6))  # it asks again later
    answer = client.get(CODES)
    assert answer.headers.get("Location", "").startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize("role", ["city_official", "enforcement_officer"])
def test_city_staff_without_a_second_factor_cannot_use_the_api_either(client, hel_city, role, page):
    client.force_login(factories.person(hel_city, role))
    answer = client.get(page)
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "accounts.second_factor_missing"


def test_city_staff_with_a_second_factor_work(client, hel_city, page):
    official = factories.person(hel_city, "city_official")
    Authenticator.objects.create(user=official, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client.force_login(official)
    assert client.get(page).status_code == 200


def test_planners_of_carriers_need_no_second_factor(client, carrier, page):
    client.force_login(factories.person(carrier, "carrier_planner"))
    assert client.get(page).status_code == 200


def test_staff_of_the_back_office_need_one_whatever_their_role(client, carrier, page):
    planner = factories.person(carrier, "carrier_planner")
    planner.is_staff = True
    planner.save()
    client.force_login(planner)
    assert client.get(page).status_code == 403


def test_in_a_demo_it_is_only_offered(client, hel_city, domain_clock, page):
    client.force_login(factories.person(hel_city, "city_official"))
    assert client.get(page).status_code == 200
    assert client.get(SETUP).status_code in (200, 302)  # 302: sign in once more first


def test_the_back_office_is_entered_by_the_portals_sign_in_only(client, hel):
    answer = client.get("/admin/login/?next=/admin/", follow=False)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_the_back_office_waits_for_the_second_factor_too(client, hel_city):
    client.force_login(factories.person(hel_city, "city_official"))
    answer = client.get("/admin/")
    assert (answer.status_code, answer.headers.get("Location")) == (302, SETUP)


def test_nobody_signs_up_by_themselves(client, hel):
    from accounts.models import User

    person = {
        "email": "new@example.org",
        "password1": "a long password",
        "password2": "a long password",
    }
    assert client.post("/accounts/signup/", person).status_code == 200
    assert not User.objects.filter(email="new@example.org").exists()


def code_of(secret):
    """Return the code of this half minute (RFC 6238, section 4; RFC 4226, section 5.3)."""
    counter = int(wall().timestamp()) // 30
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", counter), "sha1")
    offset = digest[-1] & 0xF
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def test_signing_in_takes_the_second_factor(client, hel_city):
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    official = factories.person(hel_city, "city_official", password="correct horse battery")
    data = {"secret": get_adapter().encrypt(secret)}
    Authenticator.objects.create(user=official, type=Authenticator.Type.TOTP, data=data)

    sign_in = {"login": official.email, "password": "correct horse battery"}
    answer = client.post("/accounts/login/", sign_in)
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/api/v1/me").status_code == 401  # the password alone opens nothing

    wrong = "000000" if code_of(secret) != "000000" else "111111"
    client.post("/accounts/2fa/authenticate/", {"code": wrong})
    assert client.get("/api/v1/me").status_code == 401

    answer = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    me = client.get("/api/v1/me").json()
    assert (me["user_id"], me["roles"]) == (str(official.id), ["city_official"])
