"""Make an extract that was cut out of a larger one safe to build from.

A cut extract has ways whose outer nodes are missing. Dropping the missing references alone would
draw a straight street across the gap, so a street is split where it leaves the extract.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import osmium

# Parts of a split street get ids far above anything OpenStreetMap has handed out (1.4e9 in 2026).
PART_ID_STEP = 1 << 36


def clean(source: Path, target: Path) -> Path:
    """Write `source` without references to missing nodes to `target`; return `target`.

    Streets are split at gaps and keep their id on the longest part; other ways keep the nodes
    that exist. Relations are kept as they are. The target appears in one step or not at all.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name("draft-" + target.name)
    draft.unlink(missing_ok=True)
    present = {node.id for node in osmium.FileProcessor(str(source), osmium.osm.NODE)}
    late: list[tuple[int, osmium.osm.mutable.Way]] = []
    with osmium.SimpleWriter(str(draft)) as writer:
        for entity in osmium.FileProcessor(str(source), osmium.osm.NODE | osmium.osm.WAY):
            if not entity.is_way():
                writer.add(entity)
                continue
            for way_id, refs in _parts(entity, present):
                part = osmium.osm.mutable.Way(entity, id=way_id, nodes=refs)
                if way_id == entity.id:
                    writer.add_way(part)
                else:
                    part.tags = dict(entity.tags)
                    late.append((way_id, part))
        for _, part in sorted(late, key=lambda one: one[0]):  # readers expect ascending ids
            writer.add_way(part)
        for relation in osmium.FileProcessor(str(source), osmium.osm.RELATION):
            writer.add(relation)
    draft.replace(target)
    return target


def _parts(way: osmium.osm.Way, present: set[int]) -> list[tuple[int, list[int]]]:
    refs = [node.ref for node in way.nodes]
    if all(ref in present for ref in refs):
        return [(way.id, refs)]
    if "highway" not in way.tags:
        kept = [ref for ref in refs if ref in present]
        return [(way.id, kept)] if len(kept) > 1 else []
    runs = sorted(_runs(refs, present), key=len, reverse=True)
    return [(way.id + number * PART_ID_STEP, run) for number, run in enumerate(runs)]


def _runs(refs: Sequence[int], present: set[int]) -> list[list[int]]:
    runs: list[list[int]] = [[]]
    for ref in refs:
        if ref in present:
            runs[-1].append(ref)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def content_hash(*paths: Path) -> str:
    """Return 16 hex digits that name the content of the files, in the given order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
