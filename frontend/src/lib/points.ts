// The points of what is drawn, as a table: everything that the mouse can do, by keyboard.
import { el } from "./page.js";
import { LEAST, type Place, type Position, type Ring } from "./rings.js";

const ON_A_PAGE = 100;
type Texts = Record<string, string>;

export interface Hands {
  texts: Texts;
  /** Whether there are parts and holes, or one line. */
  areas: boolean;
  parts: () => Ring[][];
  chosen: () => Place;
  choose: (place: Place) => void;
  /** The points of the chosen ring are these now. */
  write: (ring: Ring) => void;
  /** Begin a part, or a hole in the chosen part. */
  begin: (hole: boolean) => void;
  /** The middle of the map, snapped. */
  middle: () => Position;
  /** Show this point on the map, or none. */
  point: (position: Position | null) => void;
  tell: (text: string, bad?: boolean) => void;
}

export const say = (text: string | undefined, facts: Record<string, unknown>): string =>
  Object.entries(facts).reduce((said, [name, value]) => said.replace(`%(${name})s`, String(value)), text ?? "");

/** Return what a ring is called. */
export const called = (texts: Texts, areas: boolean, { part, ring }: Place): string =>
  say(areas ? (ring ? texts.hole : texts.part) : texts.line, { part: part + 1, hole: ring });

export class PointTable {
  #page = 0;
  #still = false;
  #body: HTMLElement;

  constructor(root: HTMLElement, private readonly hands: Hands) {
    this.#body = el("div", { class: "points" });
    root.append(this.#body);
    this.#body.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
      event.preventDefault(); // not the form around it
      if (event.target.dataset.name?.startsWith("new")) this.#add();
      else event.target.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }

  /** Draw it anew; the focus stays at what it was on. */
  draw(): void {
    if (this.#still) return;
    const focused = document.activeElement;
    const held = focused instanceof HTMLElement && this.#body.contains(focused) ? focused.dataset.name : undefined;
    const { texts, areas } = this.hands;
    const ring = this.#ring();
    this.#page = Math.min(this.#page, Math.floor(Math.max(0, ring.length - 1) / ON_A_PAGE));
    const first = this.#page * ON_A_PAGE;
    const name = called(texts, areas, this.hands.chosen());
    const few = ring.length > 0 && ring.length < (areas ? LEAST : 2) ? ` ${texts.few ?? ""}` : "";
    const heads = [texts.point, texts.lng, texts.lat, texts.actions].map((text) => el("th", { scope: "col" }, text ?? ""));
    this.#body.replaceChildren(
      ...(areas ? [this.#choice()] : []),
      el("div", { class: "table-wrap" },
        el("table", { class: "data" },
          el("caption", {}, say(texts.points, { ring: name, count: ring.length }) + few),
          el("thead", {}, el("tr", {}, ...heads)),
          el("tbody", {}, ...ring.slice(first, first + ON_A_PAGE).map((at, i) => this.#row(at, first + i))),
        ),
      ),
      this.#pages(ring.length),
      this.#newPoint(),
    );
    if (held) this.focus(held);
  }

  /** Move the focus to a field or button of the table. */
  focus(name: string): void {
    this.#body.querySelector<HTMLElement>(`[data-name="${name}"]`)?.focus();
  }

  #ring(): Ring {
    const { part, ring } = this.hands.chosen();
    return this.hands.parts()[part]?.[ring] ?? [];
  }

  #choice(): HTMLElement {
    const { texts } = this.hands;
    const chosen = this.hands.chosen();
    const select = el("select", { "data-name": "ring" });
    this.hands.parts().forEach((rings, part) => rings.forEach((ring, number) => {
      const name = called(texts, true, { part, ring: number });
      const option = el("option", { value: `${part} ${number}` }, say(texts.points, { ring: name, count: ring.length }));
      option.selected = part === chosen.part && number === chosen.ring;
      select.append(option);
    }));
    select.addEventListener("change", () => {
      const [part = 0, ring = 0] = select.value.split(" ").map(Number);
      this.#page = 0;
      this.hands.choose({ part, ring });
    });
    return el("div", { class: "row" },
      el("label", {}, texts.ring ?? "", " ", select),
      this.#button("begin-part", texts.add_part, () => this.#begin(false)),
      this.#button("begin-hole", texts.add_hole, () => this.#begin(true)));
  }

  #begin(hole: boolean): void {
    this.#page = 0;
    this.hands.begin(hole);
    this.focus("new-lng");
  }

  #row(at: Position, index: number): HTMLElement {
    const { texts } = this.hands;
    const facts = { point: index + 1 };
    return el("tr", {},
      el("th", { scope: "row", class: "num" }, String(index + 1)),
      ...([0, 1] as const).map((axis) => {
        const input = this.#input(`${axis ? "lat" : "lng"}-${index}`, say(axis ? texts.lat_of : texts.lng_of, facts), String(at[axis]));
        input.addEventListener("change", () => this.#move(index, axis, input));
        input.addEventListener("focus", () => this.hands.point(this.#ring()[index] ?? null));
        input.addEventListener("blur", () => this.hands.point(null));
        return el("td", {}, input);
      }),
      el("td", {}, el("div", { class: "row" },
        this.#button(`insert-${index}`, "+", () => this.#insert(index), say(texts.insert, facts)),
        this.#button(`remove-${index}`, "−", () => this.#remove(index), say(texts.remove, facts)))));
  }

  #newPoint(): HTMLElement {
    const { texts } = this.hands;
    return el("div", { class: "row" },
      this.#input("new-lng", texts.new_lng ?? "", "", texts.lng), this.#input("new-lat", texts.new_lat ?? "", "", texts.lat),
      this.#button("add", texts.add, () => this.#add()),
      this.#button("centre", texts.centre, () => this.#put(this.#ring().length, this.hands.middle(), "centre")));
  }

  #pages(count: number): HTMLElement {
    const turn = (by: number) => { this.#page += by; this.draw(); };
    const { texts } = this.hands;
    const earlier = this.#page > 0 ? [this.#button("earlier", texts.earlier, () => turn(-1))] : [];
    const later = (this.#page + 1) * ON_A_PAGE < count ? [this.#button("later", texts.later, () => turn(1))] : [];
    return el("div", { class: "row" }, ...earlier, ...later);
  }

  #input(name: string, label: string, value: string, placeholder = ""): HTMLInputElement {
    return el("input", { type: "text", inputmode: "decimal", autocomplete: "off", "data-name": name, "aria-label": label, value, placeholder });
  }

  #button(name: string, text: string | undefined, act: () => void, label = ""): HTMLButtonElement {
    const button = el("button", { type: "button", "data-name": name, ...(label ? { "aria-label": label } : {}) }, text ?? "");
    button.addEventListener("click", act);
    return button;
  }

  /** Return a number of degrees, or null with a word about it. */
  #degrees(input: HTMLInputElement, most: number): number | null {
    const typed = input.value.trim().replace(",", ".");
    const read = typed ? Number(typed) : Number.NaN;
    const good = Math.abs(read) <= most;
    input.setAttribute("aria-invalid", String(!good));
    if (!good) this.hands.tell(this.hands.texts.number ?? "", true);
    return good ? read : null;
  }

  #move(index: number, axis: 0 | 1, input: HTMLInputElement): void {
    const read = this.#degrees(input, axis ? 90 : 180);
    const ring = [...this.#ring()];
    const old = ring[index];
    if (read === null || !old || old[axis] === read) return;
    ring[index] = axis ? [old[0], read] : [read, old[1]];
    this.#still = true; // the field stands: the focus is on its way to the next one
    this.hands.write(ring);
    this.#still = false;
    this.hands.point(ring[index]);
  }

  #insert(index: number): void {
    const ring = this.#ring();
    const [here, next] = [ring[index] as Position, (ring[index + 1] ?? ring[0]) as Position];
    this.#put(index + 1, [(here[0] + next[0]) / 2, (here[1] + next[1]) / 2], `lng-${index + 1}`);
  }

  #add(): void {
    const read = ["new-lng", "new-lat"].map((name, axis) =>
      this.#degrees(this.#body.querySelector(`[data-name=${name}]`) as HTMLInputElement, axis ? 90 : 180));
    if (read[0] == null || read[1] == null) return;
    this.#put(this.#ring().length, [read[0], read[1]], "new-lng");
  }

  #put(index: number, at: Position, focus: string): void {
    this.#page = Math.floor(index / ON_A_PAGE);
    this.hands.write(this.#ring().toSpliced(index, 0, at));
    this.focus(focus);
  }

  #remove(index: number): void {
    this.hands.write(this.#ring().toSpliced(index, 1));
    this.focus(this.#ring().length ? `remove-${Math.min(index, this.#ring().length - 1)}` : "new-lng");
  }
}
