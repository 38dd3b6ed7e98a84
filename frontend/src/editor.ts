// The geometry editor of the back office and of zones: draws on the city's own streets, without another host.
import { Editor, type Setup } from "./lib/drawing.js";
import type { BaseMap } from "./lib/style.js";

async function start(root: HTMLElement): Promise<void> {
  const setup = JSON.parse(root.dataset.editor ?? "{}") as Setup;
  const base = (await (await fetch(setup.base_url)).json()) as BaseMap;
  new Editor(root, setup, base);
}

for (const root of document.querySelectorAll<HTMLElement>(".geometry-editor[data-editor]")) void start(root);
