"""Where a city's extract and networks lie on this host: `<data>/roads/<city>/<content>/…`."""

from pathlib import Path

import shapely
from django.conf import settings

from roads.builds import build_base, build_view
from roads.models import View

EXTRACT = "streets.osm.pbf"


def folder_of(city_code: str, content: str) -> Path:
    """Return the folder of an extract by its content hash."""
    return Path(settings.VAR_DIR) / "roads" / city_code / content


def build(city_code: str, content: str, profile: str, area: shapely.Geometry | None) -> Path:
    """Return the folder of the network without what meets `area`, built when missing."""
    root = folder_of(city_code, content)
    return build_view(build_base(root / EXTRACT, profile, root / "base"), area, root / "views")


def restore(view: View, city_code: str) -> Path:
    """Return the folder of a view, built again where this host does not have it."""
    if not view.folder.is_dir():
        area = shapely.from_wkb(bytes(view.closed.wkb)) if view.closed else None
        build(city_code, view.content, view.profile, area)
    return view.folder
