"""The base of every API view: who, with which scope, at which domain time."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation import clock, codes
from foundation.api import actors, mandate_use
from foundation.api.paging import CursorPage
from kernel.refusals import Code, Refusal

ScopeRule = str | None | Mapping[str, str | None]


class HubView(APIView):
    """A view of the API.

    `scope` is required: a scope, None (public), or one of the two per HTTP method. A view that
    reads rows names them in `rows` (`Model.objects` or a queryset) and reads them through
    `self.visible()`, `self.one()` and `self.page()`, so that nobody sees another tenant's;
    `missing` is the code for a row that is not there.
    Inside a handler `self.actor` is who acts and `self.now` domain time, read once.
    """

    scope: ClassVar[ScopeRule]
    rows: ClassVar[Any] = None
    missing: ClassVar[Code] = codes.NOT_FOUND
    actor: Any
    now: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "scope"):
            raise TypeError(f"{cls.__name__} does not name its scope")

    @property
    def needed_scope(self) -> str | None:
        """The scope that the request's method needs; None when it is public."""
        if isinstance(self.scope, Mapping):
            method = "GET" if self.request.method == "HEAD" else self.request.method
            return self.scope.get(method or "", None)
        return self.scope

    def check_permissions(self, request: Any) -> None:
        """Find the actor and check the scope: 401 without a token, 403 without the scope."""
        _refuse_nul(request)
        self.now = clock.now()
        self.actor = actors.of(request, self.now)
        needed = self.needed_scope
        if request.method == "OPTIONS" or needed is None or self.actor.may(needed):
            return
        if self.actor.is_public:
            raise Refusal(codes.AUTH_REQUIRED, _("This needs a token or a session."), scope=needed)
        raise Refusal(
            codes.SCOPE_MISSING,
            _("This needs the scope %(scope)s.") % {"scope": needed},
            scope=needed,
        )

    def visible(self, rows: QuerySet | Any = None) -> QuerySet:
        """Return the rows of this view (or `rows`) that the actor may see."""
        chosen = self.rows if rows is None else rows
        return chosen.visible_to(self.actor, self.needed_scope)

    def one(self, identifier: UUID | str, rows: QuerySet | Any = None, **filters: Any) -> Any:
        """Return one visible row. Raises 404, the same for what is not there and not theirs."""
        found = self.visible(rows).filter(pk=identifier, **filters).first()
        if found is None:
            raise Refusal(self.missing, _("There is nothing here, or nothing of yours."))
        return self.noted(found)

    def noted(self, row: Any) -> Any:
        """Return a row that a selector gave, with the use of a mandate in the audit, if any."""
        mandate_use.note(self.actor, [row], scope=self.needed_scope, at=self.now)
        return row

    def page(
        self,
        to_dict: Callable[[Any], dict[str, Any]],
        rows: QuerySet | Any = None,
        *,
        order: tuple[str, ...] = ("id",),
        **extra: Any,
    ) -> Response:
        """Return a page of visible rows as `{"items", "next"}`."""
        page = CursorPage(self.request, self.visible(rows), order=order)
        mandate_use.note(self.actor, page.rows, scope=self.needed_scope, at=self.now)
        return page.response(to_dict, **extra)


def _refuse_nul(request: Any) -> None:
    """Refuse U+0000 in the path or a parameter: PostgreSQL cannot compare with it."""
    if "%00" not in request.META.get("QUERY_STRING", "") and "\x00" not in request.path:
        return
    named = [name for name in request.GET if "\x00" in name + "".join(request.GET.getlist(name))]
    raise Refusal(
        codes.REQUEST_INVALID,
        _("Text must not contain the character U+0000."),
        parameter=named[0].replace("\x00", "") if named else "",
    )
