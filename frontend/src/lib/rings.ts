/** What is being drawn: parts of rings (the outer one first, then its holes), or one line.
 *  Rings are open here: the last point is not the first one again. */
export type Position = [number, number];
export type Ring = Position[];
export type Kind = "MultiPolygon" | "Polygon" | "LineString" | "Point";
export interface Place {
  part: number;
  ring: number;
}

export const LEAST = 3;

/** Return the parts of a geometry. Throws for coordinates that are none. */
export function partsOf(geometry: GeoJSON.Geometry | null): Ring[][] {
  switch (geometry?.type) {
    case "MultiPolygon": return geometry.coordinates.map((rings) => rings.map(opened));
    case "Polygon": return [geometry.coordinates.map(opened)];
    case "LineString": return [[geometry.coordinates.map(position)]];
    default: return [];
  }
}

/** Return the geometry of the parts, without rings that have too few points; null for nothing. */
export function geometryOf(parts: Ring[][], kind: Kind): GeoJSON.Geometry | null {
  if (kind === "LineString") {
    const line = parts.at(-1)?.[0] ?? [];
    return line.length > 1 ? { type: kind, coordinates: line } : null;
  }
  const areas = parts.map((rings) => rings.filter(({ length }) => length >= LEAST).map(closed)).filter(
    (rings, part) => rings.length && (parts[part]?.[0]?.length ?? 0) >= LEAST,
  );
  if (!areas.length) return null;
  return kind === "MultiPolygon"
    ? { type: kind, coordinates: areas }
    : { type: "Polygon", coordinates: areas.at(-1) as Position[][] };
}

export const closed = (ring: Ring): Ring => [...ring, ring[0] as Position];

const position = (value: unknown): Position => {
  const [lng, lat] = value as unknown[];
  if (!Number.isFinite(lng) || !Number.isFinite(lat)) throw new Error("A position is two numbers.");
  return [lng as number, lat as number];
};

function opened(ring: GeoJSON.Position[]): Ring {
  const all = ring.map(position);
  const [first, last] = [all[0], all.at(-1)];
  return first && last && all.length > 1 && first[0] === last[0] && first[1] === last[1] ? all.slice(0, -1) : all;
}

/** Return whether a ring goes round a point (an odd number of its edges lie to the east). */
export function around(ring: Ring, [lng, lat]: Position): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [x, y] = ring[i] as Position;
    const [u, v] = ring[j] as Position;
    if (y > lat !== v > lat && lng < ((u - x) * (lat - y)) / (v - y) + x) inside = !inside;
  }
  return inside;
}

/** Return twice the area of a ring, in square degrees: to tell the smaller of two. */
const size = (ring: Ring): number =>
  Math.abs(ring.reduce((sum, [x, y], i) => {
    const [u, v] = ring[(i + 1) % ring.length] as Position;
    return sum + x * v - u * y;
  }, 0));

/** Return the smallest ring round a point: a hole before the part that it is cut from. */
export function smallestAround(parts: Ring[][], point: Position): Place | null {
  const found = parts.flatMap((rings, part) =>
    rings.flatMap((ring, number) => (around(ring, point) ? [{ part, ring: number, size: size(ring) }] : [])));
  found.sort((a, b) => a.size - b.size);
  return found[0] ?? null;
}

/** Return the part in which most points of a would-be hole lie; null for none. */
export function partAround(parts: Ring[][], hole: Ring): number | null {
  const counts = parts.map(([outer]) => hole.filter((point) => outer && around(outer, point)).length);
  const most = Math.max(0, ...counts);
  return most > 0 ? counts.indexOf(most) : null;
}
