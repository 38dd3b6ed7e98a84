// A small map of a place: the evidence of a finding, or a curb to book.
import { LngLatBounds } from "maplibre-gl";
import { cityMap } from "./lib/map.js";
import { curbLayers, source, zoneLayers } from "./lib/layers.js";
import { config, token } from "./lib/page.js";
import type { BaseMap } from "./lib/style.js";

interface Evidence {
  base: BaseMap;
  label: string;
  zones: GeoJSON.FeatureCollection;
  curbs: GeoJSON.FeatureCollection;
  track: GeoJSON.FeatureCollection;
}

const setup = config<Evidence>("evidence");

function boundsOf(...collections: GeoJSON.FeatureCollection[]): LngLatBounds | undefined {
  const bounds = new LngLatBounds();
  const walk = (coordinates: unknown): void => {
    if (!Array.isArray(coordinates)) return;
    if (typeof coordinates[0] === "number") bounds.extend([coordinates[0], coordinates[1] as number]);
    else coordinates.forEach(walk);
  };
  for (const { features } of collections) {
    for (const { geometry } of features) if (geometry && "coordinates" in geometry) walk(geometry.coordinates);
  }
  return bounds.isEmpty() ? undefined : bounds;
}

window.cityMap = cityMap({
  container: document.getElementById("evidence-map") as HTMLElement,
  base: setup.base,
  label: setup.label,
  bounds: boundsOf(setup.track.features.length > 1 ? setup.track : setup.zones, setup.curbs),
  own: {
    sources: { zones: source(setup.zones), curbs: source(setup.curbs), track: source(setup.track) },
    layers: () => [
      ...zoneLayers("zones"),
      ...curbLayers("curbs"),
      {
        id: "track-line", type: "line", source: "track", filter: ["==", ["geometry-type"], "LineString"],
        layout: { "line-cap": "round", "line-join": "round" },
        paint: { "line-color": token("vehicle"), "line-width": 3, "line-opacity": 0.75 },
      },
      {
        id: "track-fixes", type: "circle", source: "track", filter: ["==", ["geometry-type"], "Point"],
        paint: {
          "circle-radius": 5, "circle-stroke-width": 2, "circle-stroke-color": token("paper"),
          "circle-color": ["case", ["==", ["get", "inside"], true], token("curb-full"), token("vehicle")],
        },
      },
    ],
  },
});
