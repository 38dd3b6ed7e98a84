"""`manage openapi`: write docs/api/openapi.json from the code."""

import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from drf_spectacular.generators import SchemaGenerator


class Command(BaseCommand):
    help = "Write the OpenAPI document of the API to docs/api/openapi.json."

    def handle(self, *args: object, **options: object) -> None:
        schema = SchemaGenerator().get_schema(request=None, public=True)
        path = Path(settings.BASE_DIR) / "docs" / "api" / "openapi.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(schema, indent=1, sort_keys=True, default=str, ensure_ascii=False)
        path.write_text(text + "\n")
        self.stdout.write(f"wrote {path} ({len(schema['paths'])} paths)")
