// The control tower: the city's map with what moves on it.
import { Popup } from "maplibre-gl";
import type { MapGeoJSONFeature, MapLayerMouseEvent } from "maplibre-gl";
import { EMPTY, cityMap, fetchGeo, geojson } from "./lib/map.js";
import { curbLayers, findingLayers, source, vehicleLayers, zoneLayers } from "./lib/layers.js";
import { config, el } from "./lib/page.js";
import { listen } from "./lib/stream.js";
import type { BaseMap } from "./lib/style.js";

interface Vehicle {
  id: string;
  plate: string;
  organisation: string;
  lng: number;
  lat: number;
  live: boolean;
  status: string;
  speed: string;
  at: string;
}
interface News {
  reset: boolean;
  vehicles: Vehicle[];
}
interface Tower {
  base: BaseMap;
  urls: { zones: string; curbs: string; findings: string | null; stream: string | null };
  texts: Record<string, string>;
}

const setup = config<Tower>("tower");
const container = document.getElementById("tower-map") as HTMLElement;
const vehicles = new Map<string, Vehicle>();

const map = cityMap({
  container,
  base: setup.base,
  label: setup.texts.map ?? "",
  own: {
    sources: { zones: source(setup.urls.zones), curbs: source(setup.urls.curbs), findings: source(setup.urls.findings ?? EMPTY), vehicles: source() },
    layers: () => [...zoneLayers("zones"), ...curbLayers("curbs"), ...findingLayers("findings"), ...vehicleLayers("vehicles")],
  },
});

function drawVehicles(): void {
  const wanted = document.querySelector<HTMLSelectElement>("[data-vehicle-filter]")?.value ?? "";
  geojson(map, "vehicles")?.setData({
    type: "FeatureCollection",
    features: [...vehicles.values()]
      .filter((vehicle) => !wanted || vehicle.organisation === wanted)
      .map(({ lng, lat, ...properties }) => ({
        type: "Feature",
        geometry: { type: "Point", coordinates: [lng, lat] },
        properties,
      })),
  });
}

function take(news: News): void {
  if (news.reset) vehicles.clear();
  for (const vehicle of news.vehicles) {
    vehicles.set(vehicle.id, vehicle);
    updateRow(vehicle);
  }
  drawVehicles();
  const count = [...vehicles.values()].filter((vehicle) => vehicle.live).length;
  container.closest<HTMLElement>(".map-frame")?.setAttribute("data-vehicles", String(vehicles.size));
  const figure = document.querySelector("[data-figure=vehicles]");
  if (figure) figure.textContent = count.toLocaleString(document.documentElement.lang);
}

/** Keep the table twin true without moving the reader's place in it. */
function updateRow(vehicle: Vehicle): void {
  const row = document.querySelector(`tr[data-vehicle="${vehicle.id}"]`);
  if (!row) return;
  for (const name of ["status", "speed", "at"] as const) {
    const cell = row.querySelector(`[data-cell=${name}]`);
    if (cell && cell.textContent !== vehicle[name]) cell.textContent = vehicle[name];
  }
}

function popup(at: MapLayerMouseEvent, title: string, lines: string[], link?: string): void {
  const box = el("div", {}, el("h3", {}, title), ...lines.filter(Boolean).map((line) => el("p", {}, line)));
  if (link) box.append(el("a", { href: link }, setup.texts.open ?? ""));
  new Popup({ maxWidth: "18rem" }).setLngLat(at.lngLat).setDOMContent(box).addTo(map);
}

function clickable(layer: string, show: (feature: MapGeoJSONFeature, at: MapLayerMouseEvent) => void): void {
  map.on("click", layer, (event) => {
    const top = map.queryRenderedFeatures(event.point, { layers: order.filter((id) => map.getLayer(id)) })[0];
    if (top && top.layer.id === layer) show(top, event);
  });
  map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
}

const order = ["vehicles", "findings", "curbs", "zones-fill"];
clickable("vehicles", ({ properties: p }, at) => popup(at, p.plate, [p.organisation_name ?? p.organisation, `${p.status} · ${p.speed}`, p.at]));
clickable("curbs", ({ properties: p }, at) => popup(at, p.name, [p.summary], p.url));
clickable("zones-fill", ({ properties: p }, at) => popup(at, p.name, [p.summary]));
clickable("findings", ({ properties: p }, at) => popup(at, p.title, [p.summary], p.url));

for (const box of document.querySelectorAll<HTMLInputElement>("[data-layer]")) {
  const apply = () => {
    for (const layer of map.getStyle().layers) {
      if (layer.id === box.dataset.layer || layer.id.startsWith(`${box.dataset.layer}-`)) {
        map.setLayoutProperty(layer.id, "visibility", box.checked ? "visible" : "none");
      }
    }
  };
  box.addEventListener("change", apply);
}
document.querySelector("[data-vehicle-filter]")?.addEventListener("change", drawVehicles);

async function refresh(name: "curbs" | "findings" | "zones"): Promise<void> {
  const url = setup.urls[name];
  if (url) geojson(map, name)?.setData(await fetchGeo(url).catch(() => EMPTY));
}

const badge = document.querySelector<HTMLElement>("[data-live]");
map.once("load", () => {
  drawVehicles();
  if (!setup.urls.stream) return;
  listen(
    setup.urls.stream,
    {
      vehicles: (data) => take(data as News),
      findings: () => {
        void refresh("findings");
        document.body.dispatchEvent(new Event("findings-changed"));
      },
      bookings: () => {
        void refresh("curbs");
        document.body.dispatchEvent(new Event("figures-changed"));
      },
      zones: () => void refresh("zones"),
    },
    (state) => {
      if (!badge) return;
      badge.dataset.state = state;
      badge.textContent = setup.texts[state] ?? "";
    },
  );
});

window.cityMap = map;
