// What the editor's map shows below the hand that draws.
import { LngLatBounds, type LayerSpecification, type SourceSpecification } from "maplibre-gl";
import { source, zoneLayers } from "./layers.js";
import { token } from "./page.js";
import type { Position } from "./rings.js";

const FONT = ["Inter Variable", "Noto Sans", "sans-serif"];

export const pointAt = (at: Position): GeoJSON.Feature =>
  ({ type: "Feature", geometry: { type: "Point", coordinates: at }, properties: {} });

export const canvasSources = (parts?: GeoJSON.FeatureCollection): Record<string, SourceSpecification> => ({
  neighbours: source(),
  parts: source(parts),
  drawn: source(),
  point: source(),
  faults: source(),
});

/** Return the layers of `canvasSources`: what is drawn has its holes; a fault has its number. */
export function canvasLayers(): LayerSpecification[] {
  const neighbours = zoneLayers("neighbours").map((layer) =>
    layer.type === "fill" ? { ...layer, paint: { ...layer.paint, "fill-opacity": 0.05 } } : layer);
  return [
    ...(neighbours as LayerSpecification[]),
    ...zoneLayers("parts"),
    {
      id: "drawn-fill", type: "fill", source: "drawn", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": token("zone-fill"), "fill-opacity": 0.22 },
    },
    {
      id: "point-ring", type: "circle", source: "point",
      paint: { "circle-radius": 10, "circle-opacity": 0, "circle-stroke-width": 4, "circle-stroke-color": token("focus") },
    },
    {
      id: "fault-dots", type: "circle", source: "faults",
      paint: { "circle-radius": 11, "circle-color": token("curb-full"), "circle-stroke-width": 2, "circle-stroke-color": token("paper") },
    },
    {
      id: "fault-numbers", type: "symbol", source: "faults",
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 13, "text-allow-overlap": true },
      paint: { "text-color": token("map-halo"), "text-halo-color": token("curb-full"), "text-halo-width": 0.5 },
    },
  ];
}

export function boundsOf(positions: Iterable<number[]>): LngLatBounds {
  const bounds = new LngLatBounds();
  for (const [lng, lat] of positions) bounds.extend([lng as number, lat as number]);
  return bounds;
}
