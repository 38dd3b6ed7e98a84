import type { ExpressionSpecification, LayerSpecification, SourceSpecification } from "maplibre-gl";
import { token } from "./page.js";

const empty = { type: "FeatureCollection" as const, features: [] };
export const source = (data: GeoJSON.GeoJSON | string = empty): SourceSpecification => ({ type: "geojson", data });

const grow = (thin: number, wide: number): ExpressionSpecification =>
  ["interpolate", ["exponential", 1.5], ["zoom"], 13, thin, 18, wide];

/** Access zones: a tinted area with a dashed edge, and its name. */
export function zoneLayers(from: string): LayerSpecification[] {
  return [
    { id: `${from}-fill`, type: "fill", source: from, paint: { "fill-color": token("zone-fill"), "fill-opacity": 0.14 } },
    { id: `${from}-edge`, type: "line", source: from, paint: { "line-color": token("zone-fill"), "line-width": 2, "line-dasharray": [3, 1.5] } },
    {
      id: `${from}-name`, type: "symbol", source: from, minzoom: 12,
      layout: { "text-field": ["get", "name"], "text-font": ["Inter Variable", "Noto Sans", "sans-serif"], "text-size": 12.5 },
      paint: { "text-color": token("zone-fill"), "text-halo-color": token("map-halo"), "text-halo-width": 1.8 },
    },
  ];
}

/** Curb zones in the colour of what is free now; width and dash repeat the colour's message. */
export function curbLayers(from: string): LayerSpecification[] {
  const colour: ExpressionSpecification = [
    "match", ["get", "state"],
    "free", token("curb-free"), "some", token("curb-some"), "full", token("curb-full"), token("curb-closed"),
  ];
  return [
    { id: `${from}-casing`, type: "line", source: from, layout: { "line-cap": "round" }, paint: { "line-color": token("map-halo"), "line-width": grow(5, 14) } },
    { id: from, type: "line", source: from, layout: { "line-cap": "round" }, paint: { "line-color": colour, "line-width": grow(3, 9) } },
  ];
}

/** Vehicles as dots; who has been silent is grey and smaller. */
export function vehicleLayers(from: string): LayerSpecification[] {
  const live: ExpressionSpecification = ["==", ["get", "live"], true];
  return [
    {
      id: from, type: "circle", source: from,
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, ["case", live, 4, 3], 17, ["case", live, 9, 6]],
        "circle-color": ["case", live, token("vehicle"), token("vehicle-idle")],
        "circle-stroke-color": token("paper"), "circle-stroke-width": 2,
      },
    },
    {
      id: `${from}-plate`, type: "symbol", source: from, minzoom: 16,
      layout: { "text-field": ["get", "plate"], "text-font": ["Inter Variable", "Noto Sans", "sans-serif"], "text-size": 11, "text-offset": [0, 1.3] },
      paint: { "text-color": token("map-label"), "text-halo-color": token("map-halo"), "text-halo-width": 1.6 },
    },
  ];
}

/** Places of findings: a ring, so that it never reads as a vehicle. */
export function findingLayers(from: string): LayerSpecification[] {
  return [
    {
      id: from, type: "circle", source: from,
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 5, 17, 12],
        "circle-color": token("curb-full"), "circle-opacity": 0.12,
        "circle-stroke-color": token("curb-full"), "circle-stroke-width": 2, "circle-stroke-opacity": 0.75,
      },
    },
  ];
}
