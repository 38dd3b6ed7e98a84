"""`./hub manage client`: machine clients, made and given new secrets by who runs the platform."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import ApiClient, Organisation
from accounts.services import clients, setup
from foundation.scopes import REGISTRY
from kernel.refusals import Refusal


class Command(BaseCommand):
    help = "List machine clients; create one, rotate its secret, or shut it out."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb")
        create = verbs.add_parser("create", help="make a client; prints its secret, this once")
        create.add_argument("client_id")
        create.add_argument("--organisation", required=True, metavar="CODE", help="city: the city")
        create.add_argument("--city", metavar="CODE", help="when several cities know the code")
        create.add_argument("--name", default="", help="for people; without: the id")
        create.add_argument("--scopes", nargs="+", required=True, metavar="SCOPE")
        rotate = verbs.add_parser("rotate", help="give it a new secret, printed this once")
        rotate.add_argument("client_id")
        rotate.add_argument("--at-once", action="store_true", help="the old secret ends now")
        deactivate = verbs.add_parser("deactivate", help="shut it out, its tokens too")
        deactivate.add_argument("client_id")

    def handle(self, *args: Any, **options: Any) -> None:
        {
            None: self._list,
            "create": self._create,
            "rotate": self._rotate,
            "deactivate": self._deactivate,
        }[options["verb"]](options)

    def _list(self, options: Any) -> None:
        rows = ApiClient.objects.select_related("organisation__city").order_by("client_id")
        for row in rows:
            where = f"{row.organisation.city.code}/{row.organisation.code}"
            state = "" if row.active else " (deactivated)"
            self.stdout.write(f"{row.client_id}{state}: {where}, {' '.join(row.scopes)}")
        if not rows:
            self.stdout.write("There is no client.")

    def _create(self, options: Any) -> None:
        client_id = options["client_id"]
        if ApiClient.objects.filter(client_id=client_id).exists():
            raise CommandError(f"There is a client {client_id!r}: give it a new secret by rotate.")
        unknown = sorted(set(options["scopes"]) - set(REGISTRY))
        if unknown:
            known = ", ".join(sorted(REGISTRY))
            raise CommandError(f"No such scope: {', '.join(unknown)}. There are: {known}")
        try:
            made = setup.create_client(
                organisation=_organisation(options["organisation"], options["city"]),
                name=options["name"] or client_id,
                client_scopes=options["scopes"],
                client_id=client_id,
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal} {refusal.reasons[0].facts}") from refusal
        self._tell(made)

    def _rotate(self, options: Any) -> None:
        client = _client(options["client_id"])
        made = clients.rotate_secret(client=client)
        if options["at_once"]:
            clients.revoke_previous_secret(client=client)
        self._tell(made)
        until = "ends now" if options["at_once"] else f"works {clients.OVERLAP.days} days longer"
        self.stdout.write(f"The one before {until}.")

    def _deactivate(self, options: Any) -> None:
        clients.deactivate(client=_client(options["client_id"]))
        self.stdout.write(f"{options['client_id']} is shut out.")

    def _tell(self, made: setup.NewClient) -> None:
        self.stdout.write(f"secret of {made.client_id}, shown this once: {made.secret}")


def _client(client_id: str) -> ApiClient:
    found = ApiClient.objects.filter(client_id=client_id).first()
    if found is None:
        raise CommandError(f"There is no client {client_id!r}.")
    return found


def _organisation(code: str, city: str | None) -> Organisation:
    rows = Organisation.objects.select_related("city").filter(code=code)
    found = list(rows.filter(city__code=city) if city else rows)
    if not found:
        raise CommandError(f"There is no organisation {code!r}{f' in {city!r}' if city else ''}.")
    if len(found) > 1:
        cities = ", ".join(sorted(one.city.code for one in found))
        raise CommandError(f"Several cities know {code!r}: --city {cities}?")
    return found[0]
