from django.urls import URLPattern, URLResolver, path

from roads.api.views import TileView

urlpatterns: list[URLPattern | URLResolver] = [
    path("tiles/<slug:city_code>/<int:z>/<int:x>/<int:y>.mvt", TileView.as_view(), name="tile"),
]
