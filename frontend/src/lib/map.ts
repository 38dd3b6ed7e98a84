import { AttributionControl, Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import type { GeoJSONSource, LayerSpecification, LngLatBoundsLike, SourceSpecification } from "maplibre-gl";
import { onTheme } from "./page.js";
import { baseStyle, type BaseMap } from "./style.js";

setWorkerUrl(new URL("./map-worker.js", document.querySelector<HTMLScriptElement>("script[data-islands]")?.src ?? location.href).href);

export interface Layers {
  sources: Record<string, SourceSpecification>;
  layers: () => LayerSpecification[];
}

export interface MapSetup {
  container: HTMLElement;
  base: BaseMap;
  label: string;
  bounds?: LngLatBoundsLike | undefined;
  own: Layers;
}

/** Make a map of the city with our own layers on top; they survive a change of theme.
 *  The frame gets `data-ready` when everything has been drawn once. */
export function cityMap(setup: MapSetup): MapLibre {
  const { container, base, own } = setup;
  const bounds = setup.bounds ?? base.bounds ?? base.region;
  const map = new MapLibre({
    container,
    style: baseStyle(base),
    bounds,
    fitBoundsOptions: { padding: 30 },
    maxZoom: 20,
    attributionControl: false,
    fadeDuration: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    locale: { "Map.Title": setup.label },
  });
  if (!setup.bounds && base.bounds) fill(map, base.bounds);
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new AttributionControl({ compact: false, ...(base.tiles ? {} : { customAttribution: base.attribution }) }), "bottom-right");
  map.addControl(new ScaleControl({ maxWidth: 90 }), "top-left");
  map.getCanvas().setAttribute("aria-label", setup.label);

  const data = new Map<string, GeoJSON.GeoJSON | string>();
  const draw = () => {
    for (const [id, source] of Object.entries(own.sources)) {
      const held = data.get(id);
      if (!map.getSource(id)) map.addSource(id, held && source.type === "geojson" ? { ...source, data: held } : source);
    }
    for (const layer of own.layers()) if (!map.getLayer(layer.id)) map.addLayer(layer);
  };
  map.on("style.load", () => {
    for (const id of Object.keys(own.sources)) {
      const source = map.getSource<GeoJSONSource>(id);
      const shown = source?.serialize() as { data?: GeoJSON.GeoJSON | string } | undefined;
      if (shown?.data) data.set(id, shown.data);
    }
    draw();
  });
  onTheme(() => {
    for (const id of Object.keys(own.sources)) {
      const shown = map.getSource<GeoJSONSource>(id)?.serialize() as { data?: GeoJSON.GeoJSON | string } | undefined;
      if (shown?.data) data.set(id, shown.data);
    }
    map.setStyle(baseStyle(base), { diff: false });
  });
  map.once("idle", () => {
    const frame = container.closest<HTMLElement>(".map-frame") ?? container;
    frame.classList.remove("loading");
    frame.dataset.ready = "true";
  });
  return map;
}

/** Show a whole city without leaving most of a wide frame empty. */
function fill(map: MapLibre, [west, south, east, north]: [number, number, number, number]): void {
  const { clientWidth, clientHeight } = map.getContainer();
  const a = map.project([west, north]);
  const b = map.project([east, south]);
  const cover = Math.max(clientWidth / Math.max(b.x - a.x, 1), clientHeight / Math.max(b.y - a.y, 1));
  map.setZoom(map.getZoom() + Math.min(Math.log2(cover) * 0.45, 0.7));
}

/** Return a source's GeoJSON handle, or null while the style is still loading. */
export function geojson(map: MapLibre, id: string): GeoJSONSource | null {
  return map.getSource<GeoJSONSource>(id) ?? null;
}

export const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

export async function fetchGeo(url: string): Promise<GeoJSON.FeatureCollection> {
  const answer = await fetch(url, { headers: { Accept: "application/geo+json, application/json" } });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return (await answer.json()) as GeoJSON.FeatureCollection;
}
