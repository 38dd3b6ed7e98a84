"""Mutants of the evaluator and the templates: one bound shifted or one condition flipped."""

import ast
import copy
import datetime as dt
import importlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[3]
CHAIN = ("kernel.schedules", "zones.predicates", "zones.compiled", "zones.rules", "zones.cases")
"""Each module imports some before it: a mutant is loaded with those after it."""
MUTATED = CHAIN[:-1]


# Of code


class Mutant(NamedTuple):
    """A module with one node changed: `what` says in which line of code and into what."""

    module: str
    number: int
    what: str


_SWAP: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}  # fmt: skip
_NAMES = {"gt": "ge", "ge": "gt", "lt": "le", "le": "lt", "min": "max", "max": "min"}


class _Changer(ast.NodeTransformer):
    """Counts the places that can be changed, and changes the one with the number `chosen`."""

    def __init__(self, source: str, chosen: int | None = None) -> None:
        self.lines, self.chosen, self.count = source.splitlines(), chosen, 0
        self.found: list[str] = []

    def _here(self, node: ast.AST, becomes: str) -> bool:
        line = self.lines[getattr(node, "lineno", 1) - 1].strip()
        self.found.append(f"{line}  # {ast.unparse(node)} → {becomes}")
        self.count += 1
        return self.count - 1 == self.chosen

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [self.visit(part) for part in node.body]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [self.visit(part) for part in node.body]
        defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        for default in defaults:
            self.visit(default)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        declares = isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "field"
        if node.value is not None and not declares:
            node.value = self.visit(node.value)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        for place, op in enumerate(node.ops):
            swapped = _SWAP[type(op)]
            if self._here(node, f"{swapped.__name__} {place}"):
                node.ops[place] = swapped()
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool):
            if self._here(node, str(not node.value)):
                return ast.copy_location(ast.Constant(not node.value), node)
        elif isinstance(node.value, int):
            for step in (1, -1):
                if self._here(node, str(node.value + step)):
                    return ast.copy_location(ast.Constant(node.value + step), node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        of_operator = isinstance(node.value, ast.Name) and node.value.id == "operator"
        if of_operator and self._here(node, _NAMES[node.attr]):
            node.attr = _NAMES[node.attr]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in ("min", "max") and self._here(node, _NAMES[node.id]):
            node.id = _NAMES[node.id]
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        if self._here(node, other.__name__):
            node.op = other()
        return node

    def _condition(self, test: ast.expr) -> ast.expr:
        if self._here(test, f"not ({ast.unparse(test)})"):
            return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)
        return test

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        node.test = self._condition(node.test)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        node.test = self._condition(node.test)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.ifs = [self._condition(test) for test in node.ifs]
        return node


def of_code() -> list[Mutant]:
    """Return every mutant of the evaluator's modules."""
    found = []
    for module in MUTATED:
        source = _source(module)
        changer = _Changer(source)
        changer.visit(ast.parse(source))
        found += [Mutant(module, number, what) for number, what in enumerate(changer.found)]
    return found


def loaded(mutant: Mutant | None) -> dict[str, ModuleType]:
    """Return the modules of the chain by their last name, one of them mutated.

    The modules that everybody else uses stay as they are.
    """
    kept = {name: sys.modules.pop(name) for name in CHAIN if name in sys.modules}
    packages = {name: importlib.import_module(name.split(".")[0]) for name in CHAIN}
    held = {name: getattr(packages[name], name.split(".")[1], None) for name in CHAIN}
    try:
        made = {}
        for name in CHAIN:
            if mutant is not None and name == mutant.module:
                made[name] = _changed(mutant)
            else:
                made[name] = importlib.import_module(name)
            setattr(packages[name], name.split(".")[1], made[name])
        return {name.split(".")[1]: module for name, module in made.items()}
    finally:
        for name in CHAIN:
            sys.modules.pop(name, None)
            if held[name] is not None:
                setattr(packages[name], name.split(".")[1], held[name])
        sys.modules.update(kept)


def _changed(mutant: Mutant) -> ModuleType:
    source = _source(mutant.module)
    changer = _Changer(source, mutant.number)
    tree = ast.fix_missing_locations(changer.visit(ast.parse(source)))
    module = ModuleType(mutant.module)
    sys.modules[mutant.module] = module
    exec(compile(tree, mutant.module, "exec"), module.__dict__)
    return module


def _source(module: str) -> str:
    return (ROOT / f"{module.replace('.', '/')}.py").read_text()


# Of templates


class Slip(NamedTuple):
    """A template with one value changed: where, and into what."""

    scheme: str
    where: str
    value: Any


_GONE = "gone"
_LADDERS = (("1", "2", "3", "4", "5", "6", "6d-TEMP", "6d"), ("I", "II", "III", "IV", "V", "VI"))
_MONTHS = re.compile(r"\+(\d+) months")
_DAY = dt.timedelta(days=1)
_SAID = {"id", "legal_reference", "sentence", "priority", "kind", "currency", "permit", "per"}
"""Members that hold neither a bound nor a condition: names, and what has a check of its own."""


def slips(scheme: dict[str, Any]) -> list[tuple[Slip, dict[str, Any]]]:
    """Return the templates that differ from one in a single bound or condition."""
    orders = [*enumerate(scheme["regulations"])]
    if scheme.get("bay"):
        orders.append((-1, scheme["bay"]))
    found = []
    for index, order in orders:
        for steps, value in _changes_of(order):
            made = copy.deepcopy(scheme)
            target = made["bay"] if index < 0 else made["regulations"][index]
            _put(target, steps, value)
            name = ".".join(str(step) for step in (order["code"], *steps))
            found.append((Slip(scheme["code"], name, value), made))
    return found


def _changes_of(order: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for bound in ("legal_from", "legal_until"):
        if order.get(bound):
            at = dt.datetime.fromisoformat(order[bound])
            for step in (-1, 1):
                yield (bound,), (at + dt.timedelta(minutes=step)).isoformat()
    for index, row in enumerate(order["rows"]):
        for steps, value in _of(row, ()):
            yield ("rows", index, *steps), value


def _of(node: Any, steps: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    name = str(steps[-1]) if steps else ""
    if isinstance(node, dict):
        if name == "who" or (steps and steps[-2:-1] in (("any",), ("all",))):
            yield steps, {"not": node}
        exempts = name == "unless" or (name.isdigit() and steps[-2] == "unless")
        if exempts or (name and steps[-2:-1] == ("who",)):
            yield steps, _GONE
        for member, value in node.items():
            if member == "priority":
                yield (*steps, member), 0
            if member not in _SAID or (member == "permit" and exempts):
                yield from _of(value, (*steps, member))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            if len(node) > 1 or name in ("not_on", "permit", "day_pass"):
                yield (*steps, index), _GONE
            if not isinstance(value, str) or name in ("on", "not_on"):
                yield from _of(value, (*steps, index))
    else:
        yield from ((steps, value) for value in _values(name, node, steps))


def _values(name: str, value: Any, steps: Sequence[Any]) -> list[Any]:
    """Return a value's neighbours."""
    parent = steps[-2] if len(steps) > 1 else ""
    if isinstance(value, bool):
        return [not value]
    if name.endswith("g_per_kwh"):
        return [round(value - 0.001, 4), round(value + 0.001, 4)]
    if name == "amount":
        return [value - 1, value + 1] if parent == "what" else []  # the price of a pass is its own
    if name == "lead_time_h":
        return []  # asked of permits when they are granted, not of vectors
    if isinstance(value, int):
        return [value - 1, value + 1]
    if name in ("euro_below", "euro_at_least") or parent in ("euro_below", "euro_at_least"):
        ladder = next(one for one in _LADDERS if value in one) if value != "7" else ("6d", "7")
        place = ladder.index(value)
        return [ladder[n] for n in (place - 1, place + 1) if 0 <= n < len(ladder)]
    if name == "effect":
        return [{"prohibit": "allow", "allow": "prohibit", "charge": "charge"}[value]][
            : int(value != "charge")
        ]
    if name == "holidays":
        return ["any", "only"] if value == "except" else ["any", "except"]
    if name == "calendar":
        return ["unheard"]
    if name == "calendar_mode":
        return ["only" if value == "except" else "except"]
    if name in ("from", "to"):
        minutes = int(value[:2]) * 60 + int(value[3:])
        return [f"{m // 60:02}:{m % 60:02}" for m in (minutes - 1, minutes + 1) if 0 <= m <= 1440]
    if months := _MONTHS.fullmatch(value):
        return [f"+{int(months[1]) + step} months" for step in (-1, 1)]
    if re.fullmatch(r"\d\d-\d\d", value):
        day = dt.date.fromisoformat(f"2000-{value}")
        return [f"{day + step:%m-%d}" for step in (-_DAY, _DAY)]
    day = dt.date.fromisoformat(value)
    return [(day + step).isoformat() for step in (-_DAY, _DAY)]


def _put(target: Any, steps: Sequence[Any], value: Any) -> None:
    *way, last = steps
    for step in way:
        target = target[step]
    if value == _GONE:
        del target[last]
    else:
        target[last] = json.loads(json.dumps(value))
