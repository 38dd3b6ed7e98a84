import pytest

from kernel.refusals import Code, Reason, Refusal, code

FULL = Code("curb.full", 409, "The curb is full")
LONG = Code("curb.too_long", 422, "The vehicle is too long")


def test_a_refusal_carries_its_code_and_facts():
    refusal = Refusal(FULL, "No metre is left.", pointer="/metres", free_m=3)
    assert (refusal.code, refusal.status) == ("curb.full", 409)
    assert refusal.reasons == (Reason(FULL, "No metre is left.", "/metres", {"free_m": 3}),)


def test_the_first_of_several_reasons_names_the_answer():
    refusal = Refusal.of([Reason(LONG, "12 m"), Reason(FULL, "full")])
    assert (refusal.code, refusal.status, len(refusal.reasons)) == ("curb.too_long", 422, 2)


def test_a_refusal_needs_a_reason():
    with pytest.raises(ValueError, match="needs a reason"):
        Refusal.of([])


def test_a_code_means_one_thing_only():
    code("test.taken", 409, "Taken")
    assert code("test.taken", 409, "Taken").status == 409
    with pytest.raises(ValueError, match="already registered"):
        code("test.taken", 404, "Not there")
