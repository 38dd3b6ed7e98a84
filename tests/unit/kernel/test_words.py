"""Which words a member allows, found in the type."""

from enum import Enum
from typing import Annotated, Literal

import pytest
from msgspec import UNSET, Meta, Struct, UnsetType

from kernel import words


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Leaf(Struct, rename="camel"):
    how_old: Literal["young", "old"] | UnsetType = UNSET
    colour: Colour = Colour.RED
    name: Annotated[str, Meta(min_length=1)] = "leaf"


class Tree(Struct):
    leaves: Annotated[list[Leaf], Meta(max_length=9)] | None
    marks: dict[str, Literal["x"]]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["leaves", "0", "howOld"], ("old", "young")),
        (["leaves", "7", "colour"], ("blue", "red")),
        (["marks", "any"], ("x",)),
        (["leaves", "0", "name"], ()),
        (["leaves", "0"], ()),
        (["nothing", "0"], ()),
    ],
)
def test_the_words_of_a_member_are_found_at_any_depth(steps, expected):
    assert words.allowed(Tree, steps) == expected


def test_only_a_message_about_a_wrong_word_names_the_allowed_ones():
    wrong, steps = "Invalid enum value 'dead'", ["howOld"]
    assert words.with_allowed(wrong, Leaf, steps) == f"{wrong}; allowed: old, young"
    assert words.with_allowed("Expected `str`, got `int`", Leaf, steps).endswith("got `int`")
