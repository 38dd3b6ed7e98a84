"""`demo`: a working day in a real city, in a database of its own."""

from launcher import say
from launcher.checkout import Checkout


def demo(checkout: Checkout, arguments: list[str]) -> int:
    """Run the demo day."""
    raise say.Trouble("the demo day is not there yet", "./hub up")
