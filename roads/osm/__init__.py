"""Reading OpenStreetMap extracts (`.osm.pbf`). Nothing here knows Django."""
