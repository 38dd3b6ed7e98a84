import type { Position, Ring } from "./rings.js";

/** Where a position is drawn, in pixels. */
export type Project = (lng: number, lat: number) => { x: number; y: number };

/** Lines to snap to: their corners first, then anywhere on their edges. */
export class Targets {
  #corners = new Map<string, Position>();
  #lines: Ring[] = [];
  #boxes: [number, number, number, number][] = [];

  /** Add lines; a ring is given closed. */
  add(lines: Ring[]): void {
    for (const line of lines) {
      this.#lines.push(line);
      this.#boxes.push([
        Math.min(...line.map(([x]) => x)), Math.min(...line.map(([, y]) => y)),
        Math.max(...line.map(([x]) => x)), Math.max(...line.map(([, y]) => y)),
      ]);
      this.learn(line);
    }
  }

  /** Know these corners digit by digit, without snapping to them. */
  learn(corners: Position[]): void {
    for (const corner of corners) this.#corners.set(key(corner), corner);
  }

  /** Return the corner that this position is but for its rounding, digit by digit; else itself. */
  exact(position: Position): Position {
    return this.#corners.get(key(position)) ?? position;
  }

  /** Return the nearest corner within `pixels` of a position, else the nearest point of an edge
   *  within half of that, else null. `also` are lines that count this time. */
  nearest(at: Position, project: Project, pixels: number, also: Ring[] = []): Position | null {
    const here = project(...at);
    const degree = Math.hypot(project(at[0] + 1e-4, at[1]).x - here.x) / 1e-4;
    const reach = pixels / degree;
    const near = this.#lines.filter((_line, i) => {
      const [west, south, east, north] = this.#boxes[i] as [number, number, number, number];
      return at[0] > west - reach && at[0] < east + reach && at[1] > south - reach && at[1] < north + reach;
    });
    let corner: Position | null = null;
    let edge: Position | null = null;
    let [toCorner, toEdge] = [pixels, pixels / 2];
    for (const line of [...near, ...also]) {
      line.forEach((end, i) => {
        const start = line[i - 1] ?? end;
        if (Math.min(start[0], end[0]) > at[0] + reach || Math.max(start[0], end[0]) < at[0] - reach) return;
        const [a, b] = [project(...start), project(...end)];
        const away = Math.hypot(b.x - here.x, b.y - here.y);
        if (away < toCorner) [corner, toCorner] = [end, away];
        const share = along(here, a, b);
        const aside = Math.hypot(a.x + share * (b.x - a.x) - here.x, a.y + share * (b.y - a.y) - here.y);
        if (aside < toEdge) {
          edge = [start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])];
          toEdge = aside;
        }
      });
    }
    return corner ?? edge;
  }
}

/** terra-draw rounds to nine decimals, a tenth of a millimetre. */
const key = ([lng, lat]: Position): string => `${lng.toFixed(9)},${lat.toFixed(9)}`;

interface Pixel {
  x: number;
  y: number;
}

/** Return how far along an edge its point nearest to `here` lies, from 0 to 1. */
function along(here: Pixel, a: Pixel, b: Pixel): number {
  const [x, y] = [b.x - a.x, b.y - a.y];
  const length = x * x + y * y;
  return length ? Math.min(1, Math.max(0, ((here.x - a.x) * x + (here.y - a.y) * y) / length)) : 0;
}
