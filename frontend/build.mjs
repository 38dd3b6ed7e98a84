// Builds the portal's style sheet and TypeScript islands into ../static/dist.
//   node build.mjs           minified, for serving
//   node build.mjs --watch   readable, rebuilt on change
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "dist");
const watch = process.argv.includes("--watch");

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

// MapLibre starts its worker from an address of its own; it must lie beside the bundle.
cpSync(
  join(here, "node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs"),
  join(out, "map-worker.js"),
);

const options = {
  absWorkingDir: here,
  entryPoints: {
    theme: "src/theme.ts",
    app: "src/app.ts",
    tower: "src/tower.ts",
    booking: "src/booking.ts",
    charts: "src/charts.ts",
    evidence: "src/evidence.ts",
    patrol: "src/patrol.ts",
    editor: "src/editor.ts",
    portal: "src/css/portal.css",
    map: "src/css/map.css",
    timeline: "src/css/timeline.css",
    admin: "src/css/admin.css",
  },
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: !watch,
  sourcemap: watch,
  legalComments: "linked",
  chunkNames: "chunks/[name]-[hash]",
  assetNames: "assets/[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "file" },
  logLevel: "info",
};

if (watch) {
  await (await esbuild.context(options)).watch();
} else {
  await esbuild.build(options);
}
