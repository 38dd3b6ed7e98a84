// The editor of a geometry: what is drawn is kept here; the map, the table and the text show it.
import type { LngLatBounds, Map as MapLibre } from "maplibre-gl";
import { boundsOf, canvasLayers, canvasSources, pointAt } from "./canvas.js";
import { cityMap, EMPTY, fetchGeo, geojson } from "./map.js";
import { Looker, type Fault, type Mended } from "./looking.js";
import { PointTable } from "./points.js";
import { closed, geometryOf, partAround, partsOf, smallestAround, type Kind, type Place, type Position, type Ring } from "./rings.js";
import { Sketch } from "./sketch.js";
import { Targets } from "./snapping.js";
import type { BaseMap } from "./style.js";

export interface Setup {
  base_url: string;
  look_url?: string;
  neighbours_url?: string;
  own?: string;
  parts?: GeoJSON.FeatureCollection;
  mended?: Mended[];
  kind: Kind;
  readonly: boolean;
  texts: Record<string, string>;
}
const SNAP_PX = 12;
const MOST_UNDONE = 100;
type Tool = "select" | "draw" | "hole";

export class Editor {
  #parts: Ring[][] = [];
  #chosen: Place = { part: 0, ring: 0 };
  #tool: Tool = "select";
  #snaps = true;
  #mended: Mended[] = []; // in the file from which this was drawn
  #earlier: { parts: Ring[][]; mended: Mended[] }[] = [];
  #others = new Targets();
  #known = new Targets();
  #faults: Fault[] = [];
  #map: MapLibre;
  #sketch: Sketch | null = null;
  #table: PointTable | null = null;
  #looker: Looker | null = null;
  readonly #area: HTMLTextAreaElement;
  readonly #areas: boolean;

  constructor(private readonly root: HTMLElement, private readonly setup: Setup, base: BaseMap) {
    this.#area = root.querySelector("textarea") as HTMLTextAreaElement;
    this.#areas = setup.kind !== "LineString";
    const readable = this.#read(this.#area.value);
    this.#mend(setup.mended ?? []);
    const bounds = this.#bounds();
    for (const { geometry } of setup.parts?.features ?? []) this.#others.add(partsOf(geometry).flat().map(closed));
    this.#map = cityMap({
      container: root.querySelector(".map") as HTMLElement,
      base,
      label: setup.texts.map ?? "",
      bounds: bounds.isEmpty() ? undefined : bounds,
      own: { sources: canvasSources(setup.parts), layers: canvasLayers },
    });
    window.cityMap = this.#map;
    this.#remember();
    this.#map.once("load", () => this.#ready(readable));
  }

  #ready(readable: boolean): void {
    const { root, setup } = this;
    this.#sketch = new Sketch({
      map: this.#map,
      areas: this.#areas,
      snap: (at, keys, except) => (this.#snaps && !keys.includes("Alt") ? this.#nearest(at, except) : null),
      drawn: (ring) => this.#drawn(ring),
      moved: (place, ring, done) => this.#moved(place, ring, done),
      removed: (place) => this.#removed(place),
    });
    this.#map.on("style.load", () => {
      this.#sketch?.again();
      this.#sketch?.mode(this.#tool === "select" ? "select" : "draw");
      this.#show();
    });
    if (setup.readonly) {
      this.#show();
      this.#sketch.mode("static");
    } else {
      this.#equip();
      this.#press(this.#parts.length ? "select" : "draw");
      this.#show();
      if (readable) this.#look();
      else this.#tell(setup.texts.invalid ?? "", true);
      const file = this.#file();
      if (file?.files?.length) void this.#load(file); // chosen before the map was there
    }
    root.dataset.ready = "true";
  }

  /** Give the buttons, the table, the text and the file their work. */
  #equip(): void {
    const { root, setup } = this;
    const form = root.closest("form");
    const points = root.querySelector<HTMLElement>("[data-points]");
    if (points) this.#table = new PointTable(points, {
      texts: setup.texts,
      areas: this.#areas,
      parts: () => (this.#parts.length ? this.#parts : [[[]]]),
      chosen: () => this.#chosen,
      choose: (place) => this.#choose(place),
      write: (ring) => this.#write(ring),
      begin: (hole) => this.#begin(hole),
      middle: () => this.#middle(),
      point: (at) => geojson(this.#map, "point")?.setData(at ? pointAt(at) : EMPTY),
      tell: (text, bad) => this.#tell(text, bad),
    });
    if (setup.look_url) this.#looker = new Looker({
      url: setup.look_url,
      texts: setup.texts,
      list: root.querySelector(".faults"),
      form,
      tell: (text, bad) => this.#tell(text, bad),
      mended: () => this.#mended,
      mark: (faults) => this.#mark(faults),
      go: (at) => this.#map.easeTo({ center: at, zoom: Math.max(this.#map.getZoom(), 17) }),
    });
    for (const button of this.#buttons()) button.addEventListener("click", () => this.#press(button.dataset.tool ?? ""));
    this.#area.addEventListener("change", () => this.#typed());
    const file = this.#file();
    if (file && this.#looker) file.addEventListener("change", () => void this.#load(file));
    this.#map.on("click", ({ lngLat }) => this.#clicked([lngLat.lng, lngLat.lat]));
    if (setup.neighbours_url) void this.#neighbours(setup.neighbours_url);
  }

  // What was done on the map

  #drawn(ring: Ring): void {
    const exact = this.#exact(ring);
    const part = this.#tool === "hole" ? (partAround(this.#parts, exact) ?? this.#chosen.part) : this.#parts.length;
    if (this.setup.kind !== "MultiPolygon" && this.#tool !== "hole") this.#parts = [];
    const at = Math.min(part, this.#parts.length);
    const rings = [...(this.#parts[at] ?? []), exact];
    this.#parts = this.#parts.toSpliced(at, 1, rings);
    this.#chosen = { part: at, ring: rings.length - 1 };
    this.#press("select");
    this.#keep();
  }

  #moved(place: Place, ring: Ring, done: boolean): void {
    this.#parts = this.#with(place, this.#exact(ring));
    this.#chosen = place;
    this.#paint();
    if (done) this.#keep(false);
  }

  #removed({ part, ring }: Place): void {
    this.#parts = ring
      ? this.#parts.with(part, (this.#parts[part] ?? []).toSpliced(ring, 1))
      : this.#parts.toSpliced(part, 1);
    this.#chosen = ring ? { part, ring: 0 } : { part: Math.max(0, part - 1), ring: 0 };
    this.#keep();
  }

  /** Choose the ring whose edge was clicked, else the smallest one around the place. */
  #clicked(at: Position): void {
    if (this.#tool !== "select") return;
    const near = (place: Place) => {
      const only = new Targets();
      only.add([this.#line(place)]);
      return only.nearest(at, (lng, lat) => this.#map.project([lng, lat]), SNAP_PX) !== null;
    };
    if (this.#ring(this.#chosen).length && near(this.#chosen)) return;
    const all = this.#parts.flatMap((rings, part) => rings.map((_ring, ring) => ({ part, ring })));
    const found = all.find(near) ?? smallestAround(this.#parts, at);
    if (found) this.#choose(found);
  }

  // What was done by keyboard

  #choose(place: Place): void {
    this.#chosen = place;
    this.#paint();
    this.#sketch?.choose(place);
    this.#table?.draw();
  }

  #write(ring: Ring): void {
    this.#parts = this.#with(this.#chosen, ring);
    this.#keep();
  }

  #begin(hole: boolean): void {
    const unfinished = this.#parts.findIndex((rings) => rings.some(({ length }) => !length));
    if (unfinished >= 0) this.#parts = this.#parts.map((rings) => rings.filter(({ length }) => length)).filter(({ length }) => length);
    if (hole && !this.#parts.length) return this.#tell(this.setup.texts.no_part ?? "", true);
    const part = hole ? Math.min(this.#chosen.part, this.#parts.length - 1) : this.#parts.length;
    const rings = [...(this.#parts[part] ?? []), []];
    this.#parts = this.#parts.toSpliced(part, 1, rings);
    this.#choose({ part, ring: rings.length - 1 });
  }

  #middle(): Position {
    const { lng, lat } = this.#map.getCenter();
    return (this.#snaps && this.#nearest([lng, lat], this.#chosen)) || [Number(lng.toFixed(9)), Number(lat.toFixed(9))];
  }

  #typed(): void {
    const text = this.#area.value;
    const readable = this.#read(text);
    this.#mend([]);
    this.#chosen = { part: 0, ring: 0 };
    this.#show();
    this.#count();
    this.#area.value = text; // as it was typed, also where the map cannot draw it: the server says why
    if (readable) this.#look(text);
    else this.#tell(this.setup.texts.invalid ?? "", true);
  }

  #file(): HTMLInputElement | null {
    return this.root.closest("form")?.querySelector("input[type=file][name=boundary]") ?? null;
  }

  async #load(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    const found = file && (await this.#looker?.file(file));
    if (!found?.geometry || input.files?.[0] !== file) return;
    this.#area.value = JSON.stringify(found.geometry);
    this.#read(this.#area.value);
    this.#mend(found.mended ?? []);
    this.#chosen = { part: 0, ring: 0 };
    this.#press("select");
    this.#keep();
    input.value = ""; // it is on the map now, and what is done there counts
    this.#tell([this.setup.texts.loaded ?? "", ...this.#mended.map(({ text }) => text)].join(" "));
    this.#map.fitBounds(this.#bounds(), { padding: 30, duration: 0 });
  }

  // Tools

  #press(name: string): void {
    if (name === "undo") return this.#undo();
    if (name === "remove") return this.#parts.length ? this.#removed(this.#chosen) : undefined;
    if (name === "clear") {
      this.#parts = [];
      this.#mend([]);
      this.#chosen = { part: 0, ring: 0 };
      return this.#keep();
    }
    if (name === "snap") this.#snaps = !this.#snaps;
    else if (name === "hole" && !this.#parts.length) this.#tell(this.setup.texts.no_part ?? "", true);
    else {
      this.#tool = name as Tool;
      this.#sketch?.mode(name === "select" ? "select" : "draw");
      if (name === "select") this.#sketch?.choose(this.#chosen);
    }
    for (const button of this.#buttons()) {
      const tool = button.dataset.tool;
      if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", String(tool === "snap" ? this.#snaps : tool === this.#tool));
    }
  }

  #undo(): void {
    const before = this.#earlier.at(-2);
    if (!before) return;
    this.#earlier.pop();
    this.#parts = structuredClone(before.parts);
    this.#mend(before.mended);
    this.#chosen = { part: 0, ring: 0 };
    this.#show();
    this.#say();
  }

  #buttons(): HTMLButtonElement[] {
    return [...this.root.querySelectorAll<HTMLButtonElement>("button[data-tool]")];
  }

  // What is kept, and where it shows

  /** Keep what was done; `anew`: the map's own hand has not drawn it. */
  #keep(anew = true): void {
    this.#remember();
    if (anew) this.#sketch?.show(this.#parts, this.#chosen);
    this.#paint();
    this.#table?.draw();
    this.#say();
  }

  /** Write it into the field that is sent, and say what the server makes of it. */
  #say(): void {
    const geometry = geometryOf(this.#parts, this.setup.kind);
    this.#area.value = geometry ? JSON.stringify(geometry) : "";
    this.#count();
    this.#tell((geometry ? this.setup.texts.saved : this.setup.texts.empty) ?? "");
    this.#look();
  }

  #look(text = this.#area.value): void {
    this.#looker?.soon(text.trim());
  }

  #show(): void {
    this.#sketch?.show(this.#parts, this.setup.readonly ? null : this.#chosen);
    this.#paint();
    this.#mark(this.#faults);
    this.#table?.draw();
  }

  #paint(): void {
    const geometry = geometryOf(this.#parts, this.setup.kind);
    geojson(this.#map, "drawn")?.setData(geometry ?? EMPTY);
  }

  #count(): void {
    const geometry = geometryOf(this.#parts, this.setup.kind);
    const rings = this.#areas ? this.#parts.flatMap((part) => part.slice(1)).filter(({ length }) => length > 2).length : 0;
    this.root.dataset.parts = String(geometry?.type === "MultiPolygon" ? geometry.coordinates.length : geometry ? 1 : 0);
    this.root.dataset.holes = String(rings);
  }

  #mark(faults: Fault[]): void {
    this.#faults = faults;
    this.root.dataset.faults = String(faults.length);
    const dots = faults.flatMap(({ at }, i) => (at ? [{ ...pointAt(at), properties: { name: String(i + 1) } }] : []));
    geojson(this.#map, "faults")?.setData({ type: "FeatureCollection", features: dots });
    for (const id of ["point-ring", "fault-dots", "fault-numbers"]) this.#map.moveLayer(id); // above what draws
  }

  #tell(text: string, bad = false): void {
    const says = this.root.querySelector("output") as HTMLOutputElement;
    says.value = text;
    says.classList.toggle("bad", bad);
  }

  #remember(): void {
    this.#known.learn(this.#parts.flat(2));
    this.#earlier.push({ parts: structuredClone(this.#parts), mended: this.#mended });
    if (this.#earlier.length > MOST_UNDONE) this.#earlier.shift();
  }

  /** Keep what was mended, also for the form: its answer says it once more. */
  #mend(mended: Mended[]): void {
    this.#mended = mended;
    const field = this.root.closest("form")?.querySelector<HTMLInputElement>("input[data-mended]");
    if (field) field.value = mended.map(({ code }) => code).join(" ");
  }

  /** Take over what stands in a text; false for what no map can show. */
  #read(text: string): boolean {
    this.#parts = [];
    try {
      this.#parts = partsOf(text.trim() ? (JSON.parse(text) as GeoJSON.Geometry) : null);
    } catch {
      return false;
    }
    this.#known.learn(this.#parts.flat(2));
    return true;
  }

  #ring({ part, ring }: Place): Ring {
    return this.#parts[part]?.[ring] ?? [];
  }

  #line(place: Place): Ring {
    const ring = this.#ring(place);
    return this.#areas && ring.length ? closed(ring) : ring;
  }

  #with({ part, ring }: Place, points: Ring): Ring[][] {
    const rings = this.#parts[part] ?? [];
    return this.#parts.toSpliced(part, 1, rings.toSpliced(ring, 1, points));
  }

  #bounds(): LngLatBounds {
    const shown = (this.setup.parts?.features ?? []).flatMap(({ geometry }) => partsOf(geometry).flat(2));
    return boundsOf([...shown, ...this.#parts.flat(2)]);
  }

  // Snapping

  /** Return a ring whose corners were rounded on the way with those that it had, or a neighbour. */
  #exact(ring: Ring): Ring {
    return ring.map((at) => this.#others.exact(this.#known.exact(at)));
  }

  async #neighbours(url: string): Promise<void> {
    const { features } = await fetchGeo(url);
    const others = features.filter(({ properties }) => properties?.id !== this.setup.own);
    for (const { geometry } of others) this.#others.add(partsOf(geometry).flat().map(closed));
    geojson(this.#map, "neighbours")?.setData({ type: "FeatureCollection", features: others });
    this.root.dataset.neighbours = String(others.length);
  }

  /** Return the corner or edge of a neighbour, or of another ring drawn here, next to a place. */
  #nearest(at: Position, except: Place | null): Position | null {
    const own = this.#parts.flatMap((rings, part) => rings.flatMap((ring, number) =>
      ring.length && (part !== except?.part || number !== except.ring) ? [this.#line({ part, ring: number })] : []));
    return this.#others.nearest(at, (lng, lat) => this.#map.project([lng, lat]), SNAP_PX, own);
  }
}
