// The hand that draws: terra-draw, one of its shapes for each ring. It knows no holes; the editor does.
import {
  TerraDraw, TerraDrawLineStringMode, TerraDrawPolygonMode, TerraDrawSelectMode,
  type GeoJSONStoreFeatures, type HexColor, type TerraDrawMouseEvent,
} from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import type { Map as MapLibre } from "maplibre-gl";
import { token } from "./page.js";
import { closed, LEAST, type Place, type Position, type Ring } from "./rings.js";

export interface Sketching {
  map: MapLibre;
  areas: boolean;
  snap: (at: Position, heldKeys: string[], except: Place | null) => Position | null;
  drawn: (ring: Ring) => void;
  moved: (place: Place, ring: Ring, done: boolean) => void;
  removed: (place: Place) => void;
}

const rounded = (ring: Ring): Position[] => ring.map(([lng, lat]) => [Number(lng.toFixed(9)), Number(lat.toFixed(9))]);

export class Sketch {
  #draw: TerraDraw;
  #places = new Map<string | number, Place>();
  #own = false;

  constructor(private readonly setup: Sketching) {
    this.#draw = this.#begin();
  }

  /** Begin anew on a map whose style was exchanged. */
  again(): void {
    this.#draw = this.#begin();
  }

  /** Show these rings; the one at `chosen` has its points to take hold of. */
  show(parts: Ring[][], chosen: Place | null): void {
    this.#quietly(() => {
      this.#draw.clear();
      this.#places.clear();
      parts.forEach((rings, part) => rings.forEach((ring, number) => {
        if (ring.length < (this.setup.areas ? LEAST : 2)) return;
        const id = this.#draw.getFeatureId();
        const made = this.#draw.addFeatures([{ ...this.#feature(ring), id } as GeoJSONStoreFeatures]);
        if (made[0]?.valid) this.#places.set(id, { part, ring: number });
      }));
    });
    if (chosen) this.choose(chosen);
  }

  /** Give a ring its points to take hold of. */
  choose({ part, ring }: Place): void {
    if (this.#draw.getMode() !== "select") return;
    const found = [...this.#places].find(([, place]) => place.part === part && place.ring === ring);
    this.#quietly(() => { if (found) this.#draw.selectFeature(found[0]); });
  }

  mode(name: "select" | "draw" | "static"): void {
    this.#quietly(() => this.#draw.setMode(name === "draw" ? (this.setup.areas ? "polygon" : "linestring") : name));
  }

  #begin(): TerraDraw {
    const { map, snap } = this.setup;
    const toCustom = (event: TerraDrawMouseEvent, { currentId }: { currentId?: string | number }) =>
      snap([event.lng, event.lat], event.heldKeys, (currentId !== undefined && this.#places.get(currentId)) || null) ?? undefined;
    const snapping = { toCustom };
    const coordinates = { draggable: true, midpoints: true, deletable: true, snappable: snapping };
    const feature = { draggable: false, selfIntersectable: true, coordinates };
    const [line, hold, paper] = [token("zone-fill"), token("vehicle"), token("paper")] as HexColor[];
    const outline = { fillColor: line, fillOpacity: 0, outlineColor: line, outlineWidth: 2 };
    const points = { closingPointColor: hold, closingPointWidth: 6, snappingPointColor: hold, snappingPointWidth: 6 };
    const draw = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map }),
      modes: [
        new TerraDrawSelectMode({
          flags: { polygon: { feature }, linestring: { feature } },
          allowManualSelection: false, // the editor knows which of two rings is meant
          styles: {
            selectedPolygonColor: line, selectedPolygonFillOpacity: 0, selectedPolygonOutlineColor: hold, selectedPolygonOutlineWidth: 3,
            selectedLineStringColor: hold, selectedLineStringWidth: 3,
            selectionPointColor: hold, selectionPointOutlineColor: paper, selectionPointWidth: 6,
            midPointColor: paper, midPointOutlineColor: hold, midPointWidth: 4,
          },
        }),
        new TerraDrawPolygonMode({ snapping, styles: { ...outline, ...points } }),
        new TerraDrawLineStringMode({ snapping, styles: { lineStringColor: line, lineStringWidth: 3, ...points } }),
      ],
    });
    draw.start();
    draw.on("finish", (id, { mode }) => this.#finished(id, mode === "select"));
    draw.on("change", (ids, type) => {
      if (this.#own) return;
      for (const id of ids) {
        const place = this.#places.get(id);
        if (place && type === "update") this.#moved(id, place, false);
        // terra-draw is not through with it yet, and the editor draws anew.
        if (place && type === "delete") queueMicrotask(() => this.setup.removed(place));
      }
    });
    return draw;
  }

  #finished(id: string | number, moved: boolean): void {
    const place = this.#places.get(id);
    if (moved && place) return this.#moved(id, place, true);
    const ring = this.#ring(id);
    this.#quietly(() => this.#draw.removeFeatures([id]));
    if (ring) this.setup.drawn(ring);
  }

  #moved(id: string | number, place: Place, done: boolean): void {
    const ring = this.#ring(id);
    if (ring) this.setup.moved(place, ring, done);
  }

  #ring(id: string | number): Ring | null {
    const geometry = this.#draw.getSnapshotFeature(id)?.geometry;
    if (geometry?.type === "Polygon") return geometry.coordinates[0]?.slice(0, -1) as Ring;
    return geometry?.type === "LineString" ? (geometry.coordinates as Ring) : null;
  }

  #feature(ring: Ring): object {
    const [type, coordinates] = this.setup.areas ? ["Polygon", [closed(rounded(ring))]] : ["LineString", rounded(ring)];
    return { type: "Feature", geometry: { type, coordinates }, properties: { mode: (type as string).toLowerCase() } };
  }

  /** What the editor does itself is no news to it. */
  #quietly(act: () => void): void {
    const before = this.#own;
    this.#own = true;
    try {
      act();
    } finally {
      this.#own = before;
    }
  }
}
