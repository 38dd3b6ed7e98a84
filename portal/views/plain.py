"""Pages that only say something."""

from django.http import HttpRequest, HttpResponse

from portal.people import Page


class Accessibility(Page):
    """`/accessibility/`: what readers can expect, and whom to ask."""

    scope = None

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show("portal/accessibility.html")
