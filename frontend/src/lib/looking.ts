// What the server says of a boundary while it is drawn: its size, or every fault and where it is.
import { el } from "./page.js";
import type { Position } from "./rings.js";
import { say } from "./points.js";

export interface Fault {
  text: string;
  at: Position | null;
}
/** What was mended in a file without asking, because only one thing can be meant. */
export interface Mended {
  code: string;
  text: string;
}
export interface Answer {
  faults: Fault[];
  size?: string;
  mended?: Mended[];
  geometry?: GeoJSON.Geometry | null;
}
const PAUSE_MS = 400;

export interface Looking {
  url: string;
  texts: Record<string, string>;
  list: HTMLElement | null;
  form: HTMLFormElement | null;
  tell: (text: string, bad?: boolean) => void;
  /** What was mended in the file that was drawn from. */
  mended: () => Mended[];
  /** Show the faults on the map. */
  mark: (faults: Fault[]) => void;
  /** Bring a fault into sight. */
  go: (at: Position) => void;
}

export class Looker {
  #running: AbortController | null = null;
  #timer = 0;

  constructor(private readonly setup: Looking) {}

  /** Ask about what is drawn, once it has stood still for a moment. */
  soon(drawn: string): void {
    this.#running?.abort();
    clearTimeout(this.#timer);
    if (!drawn) this.#show([]);
    else this.#timer = window.setTimeout(() => void this.#ask("drawn", drawn), PAUSE_MS);
  }

  /** Return what a file draws, as far as a map can show it, and what was mended; its faults are shown. */
  async file(file: File): Promise<Answer | null> {
    this.#running?.abort();
    clearTimeout(this.#timer);
    return this.#ask("boundary", file);
  }

  async #ask(name: string, value: string | File): Promise<Answer | null> {
    const { url, form, tell, texts } = this.setup;
    const running = (this.#running = new AbortController());
    const body = new FormData();
    body.append(name, value);
    const token = form?.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
    try {
      const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": token }, signal: running.signal });
      if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
      const said = (await answer.json()) as Answer;
      this.#show(said.faults);
      const first = said.faults[0];
      const mended = new Set([...this.setup.mended(), ...(said.mended ?? [])].map(({ text }) => text));
      tell(first ? first.text : [say(texts.sound, { size: said.size }), ...mended, texts.saved].join(" "), Boolean(first));
      return said;
    } catch {
      if (!running.signal.aborted) tell(texts.unanswered ?? "", true);
      return null;
    }
  }

  #show(faults: Fault[]): void {
    const { list, mark, go, texts } = this.setup;
    mark(faults);
    if (!list) return;
    list.hidden = !faults.length;
    list.replaceChildren(...faults.map(({ text, at }, i) => {
      if (!at) return el("li", {}, text);
      const button = el("button", { type: "button", "aria-label": `${texts.show ?? ""} (${i + 1})` }, texts.show ?? "");
      button.addEventListener("click", () => go(at));
      return el("li", {}, text, " ", button);
    }));
  }
}
