// The booking pages: a map to choose a curb from, and a timeline of its metres over the day.
// Both stand beside a list and a table that say the same.
import { ResourceTimeline, createCalendar } from "@event-calendar/core";
import { cityMap } from "./lib/map.js";
import { curbLayers, source, zoneLayers } from "./lib/layers.js";
import { config } from "./lib/page.js";
import type { BaseMap } from "./lib/style.js";

interface ChooseCurb {
  base: BaseMap;
  label: string;
  urls: { zones: string; curbs: string };
}
interface Timeline {
  date: string;
  locale: string;
  scroll: string;
  resources: { id: string; title: string }[];
  events: { id: string; resourceId: string; start: string; end: string; title: string; kind: "taken" | "mine" }[];
}

function chooseOnMap(container: HTMLElement): void {
  const setup = config<ChooseCurb>("choose-curb");
  const map = cityMap({
    container,
    base: setup.base,
    label: setup.label,
    own: {
      sources: { zones: source(setup.urls.zones), curbs: source(setup.urls.curbs) },
      layers: () => [...zoneLayers("zones"), ...curbLayers("curbs")],
    },
  });
  map.on("click", "curbs-casing", (event) => {
    const url: unknown = event.features?.[0]?.properties.url;
    if (typeof url === "string" && url.startsWith("/")) location.assign(url);
  });
  map.on("mouseenter", "curbs-casing", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "curbs-casing", () => (map.getCanvas().style.cursor = ""));
  window.cityMap = map;
}

function timeline(container: HTMLElement): void {
  const setup = config<Timeline>("slots-timeline");
  createCalendar(container, [ResourceTimeline], {
    view: "resourceTimelineDay",
    date: setup.date,
    locale: setup.locale,
    slotDuration: "00:30",
    scrollTime: setup.scroll,
    slotWidth: 22,
    height: "auto",
    headerToolbar: { start: "", center: "", end: "" },
    slotLabelInterval: "01:00",
    slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    editable: false,
    resources: setup.resources,
    events: setup.events.map(({ kind, ...event }) => ({ ...event, classNames: [`ec-${kind}`] })),
    eventContent: (info) => info.event.title,
  });
  container.dataset.ready = "true";
}

const mapContainer = document.getElementById("choose-map");
if (mapContainer) chooseOnMap(mapContainer);
const timelineContainer = document.getElementById("slots");
if (timelineContainer) timeline(timelineContainer);
