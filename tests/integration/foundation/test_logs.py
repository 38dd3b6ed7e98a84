"""Logs tell what happened, never a secret and never whose vehicle it was."""

from foundation.logs import redact


def redacted(**event):
    return redact(None, "info", event)


def test_members_named_like_secrets_and_plates_are_blanked():
    event = redacted(access_token="t", client_secret="s", plate="ABC-1", session_key="k", ms=3)
    assert event == {
        "access_token": "…",
        "client_secret": "…",
        "plate": "…",
        "session_key": "…",
        "ms": 3,
    }


def test_bearer_tokens_are_blanked_wherever_they_stand():
    event = redacted(event="sent Authorization: Bearer abc.def-1, refused")
    assert event["event"] == "sent Authorization: Bearer …, refused"


def test_rows_that_the_database_quotes_are_left_out():
    text = "duplicate key value\nDETAIL:  Key (plate)=(ABC-1) already exists.\nin booking"
    assert redacted(exception=text)["exception"] == "duplicate key value\nDETAIL: …\nin booking"
