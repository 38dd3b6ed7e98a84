import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import { token } from "./page.js";

/** Where the base map of a city comes from; the server says it. */
export interface BaseMap {
  tiles: string | null;
  attribution: string;
  minzoom: number;
  maxzoom: number;
  bounds: [number, number, number, number] | null;
  region: [number, number, number, number];
}

const FONT = ["Inter Variable", "Noto Sans", "sans-serif"];

/** Return the map style of the city's own streets in the colours of the current theme. */
export function baseStyle(map: BaseMap): StyleSpecification {
  if (!map.tiles) {
    return { version: 8, sources: {}, layers: [land()] };
  }
  return {
    version: 8,
    sources: {
      base: {
        type: "vector",
        tiles: [new URL(map.tiles, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}")],
        minzoom: map.minzoom,
        maxzoom: map.maxzoom,
        attribution: map.attribution,
        ...(map.bounds ? { bounds: map.bounds } : {}),
      },
    },
    layers: [land(), ...baseLayers()],
  };
}

const land = (): LayerSpecification => ({
  id: "land", type: "background", paint: { "background-color": token("map-land") },
});

function baseLayers(): LayerSpecification[] {
  const roadWidth = (thin: number, wide: number): ["interpolate", ["exponential", number], ["zoom"], number, number, number, number] =>
    ["interpolate", ["exponential", 1.6], ["zoom"], 12, thin, 18, wide];
  const major: ["in", ["get", string], ["literal", string[]]] =
    ["in", ["get", "class"], ["literal", ["motorway", "trunk", "primary", "secondary"]]];
  const path: ["in", ["get", string], ["literal", string[]]] =
    ["in", ["get", "class"], ["literal", ["path", "footway", "cycleway", "steps", "track", "corridor", "platform"]]];
  const text = (size: number) => ({
    "text-field": ["coalesce", ["get", "name"], ""] as ["coalesce", ["get", string], string],
    "text-font": FONT,
    "text-size": size,
  });
  const halo = { "text-color": token("map-label"), "text-halo-color": token("map-halo"), "text-halo-width": 1.6 };
  return [
    { id: "squares", type: "fill", source: "base", "source-layer": "squares", paint: { "fill-color": token("map-square") } },
    { id: "green", type: "fill", source: "base", "source-layer": "green", paint: { "fill-color": token("map-park") } },
    { id: "water", type: "fill", source: "base", "source-layer": "water", paint: { "fill-color": token("map-water") } },
    {
      id: "buildings", type: "fill", source: "base", "source-layer": "buildings", minzoom: 13,
      paint: { "fill-color": token("map-building"), "fill-outline-color": token("map-road-edge") },
    },
    {
      id: "paths", type: "line", source: "base", "source-layer": "streets", minzoom: 15, filter: path,
      paint: { "line-color": token("map-road-edge"), "line-width": 1, "line-dasharray": [3, 2] },
    },
    {
      id: "roads-edge", type: "line", source: "base", "source-layer": "streets", filter: ["!", path],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": token("map-road-edge"), "line-width": roadWidth(1.6, 20) },
    },
    {
      id: "roads", type: "line", source: "base", "source-layer": "streets", filter: ["all", ["!", path], ["!", major]],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": token("map-road"), "line-width": roadWidth(0.8, 17) },
    },
    {
      id: "roads-major", type: "line", source: "base", "source-layer": "streets", filter: major,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": token("map-major"), "line-width": roadWidth(1.4, 20) },
    },
    {
      id: "places", type: "circle", source: "base", "source-layer": "pois", minzoom: 16.5,
      paint: { "circle-radius": 2, "circle-color": token("map-label"), "circle-opacity": 0.35 },
    },
    {
      id: "road-names", type: "symbol", source: "base", "source-layer": "streets", minzoom: 14, filter: ["all", ["!=", ["get", "name"], ""], ["has", "name"]],
      layout: { ...text(11.5), "symbol-placement": "line", "text-max-angle": 30, "text-padding": 4 },
      paint: halo,
    },
  ];
}
