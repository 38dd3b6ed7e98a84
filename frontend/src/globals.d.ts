import type { Map as MapLibre } from "maplibre-gl";

declare global {
  interface Window {
    /** For the browser tests: the map whose drawn features they ask for. */
    cityMap?: MapLibre;
  }
}
