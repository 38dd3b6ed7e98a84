import pytest

from kernel.plates import readings


@pytest.mark.parametrize("text", ["ABC-123", "abc 123", " Abc–123 ", "ＡＢＣ１２３"])
def test_blanks_case_and_width_make_no_difference(text):
    assert readings(text, "FI")[0] == "ABC123"


@pytest.mark.parametrize("text", ["FIN ABC-123", "fin-abc-123", "FI/ABC 123", "FINABC123"])
def test_the_sign_of_the_own_country_may_stand_before_it(text):
    assert "ABC123" in readings(text, "FI")


def test_a_vehicle_that_was_registered_with_its_country_is_found_without():
    assert readings("ABC-123", "FI") == ("ABC123", "FINABC123", "FIABC123")


def test_what_is_written_comes_first():
    # HD is Heidelberg's, D Germany's sign: D-HD is read both ways, whole first.
    assert readings("D HD-AB 123", "DE")[:2] == ("DHDAB123", "HDAB123")


def test_the_sign_of_another_country_is_taken_off_only_where_it_stands_apart():
    assert "AB123C" in readings("NL AB-123-C", "FI")
    assert "AB123C" not in readings("NLAB123C", "FI")
    # F AB 123 may be France's or Frankfurt's; FAB123 is nobody's but its own.
    assert readings("FAB123", "DE")[0] == "FAB123"
    assert "AB123" not in readings("FAB123", "DE")


def test_a_word_that_is_no_countrys_sign_stays():
    assert readings("XYZ-123", "FI")[:1] == ("XYZ123",)
    assert "123" not in readings("XYZ-123", "FI")


@pytest.mark.parametrize("text", ["", " - ", "…"])
def test_nothing_is_no_plate(text):
    assert readings(text, "FI") == ()
