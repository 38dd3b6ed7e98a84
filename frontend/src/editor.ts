// The geometry editor of the back office and of zones: draws on the city's own streets, without another host.
import { LngLatBounds } from "maplibre-gl";
import {
  TerraDraw, TerraDrawLineStringMode, TerraDrawPolygonMode, TerraDrawSelectMode, type GeoJSONStoreFeatures,
} from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import { cityMap } from "./lib/map.js";
import type { BaseMap } from "./lib/style.js";

interface Editor {
  base_url: string;
  kind: "MultiPolygon" | "Polygon" | "LineString" | "Point";
  readonly: boolean;
  texts: Record<string, string>;
}
type Position = number[];

/** terra-draw refuses more than nine decimals; nine are a tenth of a millimetre. */
const rounded = (coordinates: unknown): unknown =>
  Array.isArray(coordinates) ? coordinates.map(rounded) : Math.round((coordinates as number) * 1e9) / 1e9;

/** terra-draw knows polygons, PostGIS wants the whole: split on load, merge on save. */
function split(geometry: GeoJSON.Geometry | null): GeoJSONStoreFeatures[] {
  if (!geometry || !("coordinates" in geometry)) return [];
  const make = (type: "Polygon" | "LineString", coordinates: unknown) =>
    ({ type: "Feature", geometry: { type, coordinates: rounded(coordinates) }, properties: { mode: type.toLowerCase() } }) as GeoJSONStoreFeatures;
  if (geometry.type === "MultiPolygon") return geometry.coordinates.map((part) => make("Polygon", part));
  if (geometry.type === "Polygon" || geometry.type === "LineString") return [make(geometry.type, geometry.coordinates)];
  return [];
}

function merge(features: GeoJSONStoreFeatures[], kind: Editor["kind"]): GeoJSON.Geometry | null {
  const drawn = features.filter(({ properties }) => properties.mode === "polygon" || properties.mode === "linestring");
  const parts = drawn.map(({ geometry }) => geometry.coordinates);
  if (!parts.length) return null;
  if (kind === "MultiPolygon") return { type: "MultiPolygon", coordinates: parts as Position[][][] };
  const only = parts[parts.length - 1];
  return kind === "Polygon"
    ? { type: "Polygon", coordinates: only as Position[][] }
    : { type: "LineString", coordinates: only as Position[] };
}

/** What stands in the text; null for what is no JSON, which the server will say. */
function written(text: string): GeoJSON.Geometry | null {
  try {
    const read: unknown = text.trim() ? JSON.parse(text) : null;
    return typeof read === "object" ? (read as GeoJSON.Geometry | null) : null;
  } catch {
    return null;
  }
}

async function start(root: HTMLElement): Promise<void> {
  const setup = JSON.parse(root.dataset.editor ?? "{}") as Editor;
  const area = root.querySelector("textarea") as HTMLTextAreaElement;
  const says = root.querySelector("output") as HTMLOutputElement;
  const tell = (text: string, bad = false) => {
    says.value = text;
    says.classList.toggle("bad", bad);
  };
  let initial = written(area.value);
  const bounds = new LngLatBounds();
  try {
    for (const { geometry } of split(initial)) {
      for (const point of (geometry.coordinates as unknown[]).flat(geometry.type === "Polygon" ? 1 : 0) as Position[]) {
        bounds.extend([point[0] as number, point[1] as number]);
      }
    }
  } catch {
    initial = null; // no coordinates that a map could show
    tell(setup.texts.invalid ?? "", true);
  }
  const base = (await (await fetch(setup.base_url)).json()) as BaseMap;
  const map = cityMap({
    container: root.querySelector(".map") as HTMLElement,
    base,
    label: setup.texts.map ?? "",
    bounds: bounds.isEmpty() ? undefined : bounds,
    own: { sources: {}, layers: () => [] },
  });
  window.cityMap = map;
  const shape = setup.kind === "LineString" ? "linestring" : "polygon";
  map.once("load", () => {
    const draw = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map }),
      modes: [
        new TerraDrawSelectMode({
          flags: {
            polygon: { feature: { draggable: false, coordinates: { draggable: true, midpoints: true, deletable: true } } },
            linestring: { feature: { draggable: false, coordinates: { draggable: true, midpoints: true, deletable: true } } },
          },
        }),
        new TerraDrawPolygonMode({ snapping: { toCoordinate: true, toLine: true } }),
        new TerraDrawLineStringMode(),
      ],
    });
    draw.start();
    for (const result of draw.addFeatures(split(initial))) {
      if (!result.valid) tell(`${setup.texts.invalid ?? ""} ${result.reason ?? ""}`, true);
    }
    if (setup.readonly) {
      draw.setMode("static");
      root.dataset.ready = "true";
      return;
    }
    const modes: Record<string, () => void> = {
      select: () => draw.setMode("select"),
      draw: () => {
        if (setup.kind !== "MultiPolygon") draw.clear();
        draw.setMode(shape);
      },
      clear: () => {
        draw.clear();
        save();
      },
    };
    const buttons = root.querySelectorAll<HTMLButtonElement>("[data-tool]");
    const press = (name: string) => {
      modes[name]?.();
      for (const button of buttons) {
        if (button.dataset.tool !== "clear") button.setAttribute("aria-pressed", String(button.dataset.tool === name));
      }
    };
    const save = () => {
      const geometry = merge(draw.getSnapshot(), setup.kind);
      area.value = geometry ? JSON.stringify(geometry) : "";
      tell(geometry ? (setup.texts.saved ?? "") : (setup.texts.empty ?? ""));
      root.dataset.parts = String(geometry?.type === "MultiPolygon" ? geometry.coordinates.length : geometry ? 1 : 0);
    };
    for (const button of buttons) button.addEventListener("click", () => press(button.dataset.tool ?? ""));
    draw.on("finish", () => {
      save();
      press("select");
    });
    draw.on("change", (_ids, type) => {
      if (type !== "styling") save();
    });
    area.addEventListener("change", () => {
      const text = area.value;
      try {
        const typed = split(JSON.parse(text) as GeoJSON.Geometry);
        draw.clear();
        const refused = draw.addFeatures(typed).find(({ valid }) => !valid);
        tell(refused ? `${setup.texts.invalid ?? ""} ${refused.reason ?? ""}` : (setup.texts.saved ?? ""), Boolean(refused));
      } catch {
        tell(setup.texts.invalid ?? "", true);
      } finally {
        area.value = text; // as it was typed, also where the map cannot draw it: the server says why
      }
    });
    press(initial ? "select" : "draw");
    root.dataset.ready = "true";
  });
}

for (const root of document.querySelectorAll<HTMLElement>(".geometry-editor[data-editor]")) void start(root);
