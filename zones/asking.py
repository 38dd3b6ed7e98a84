"""A solver that is asked by name, and gives examples as typical as can be. Pure.

It is asked some ten thousand times for a city, and most answers take it less time than z3's Python
layer takes to look at the sorts of the question again; so the C functions below that layer are
called where it matters.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count

import z3

from zones.formulas import Formula, flag, number, same


class Example:
    """The values that a solver has found."""

    def __init__(self, model: z3.ModelRef) -> None:
        self._model = model

    def number(self, name: str) -> int:
        """Return the value of a number; 0 where it may be any."""
        found = self._found(_declared(number, name))
        return int(z3.Z3_get_numeral_string(self._model.ctx.ref(), found)) if found else 0

    def flag(self, name: str) -> bool:
        """Return a truth value; false where it may be either."""
        found = self._found(_declared(flag, name))
        if not found:
            return False
        return bool(z3.Z3_get_bool_value(self._model.ctx.ref(), found) == z3.Z3_L_TRUE)

    def _found(self, declared: z3.FuncDeclRef) -> z3.Ast:
        return z3.Z3_model_get_const_interp(self._model.ctx.ref(), self._model.model, declared.ast)


class Asked:
    """What is known, and questions about it. A question is a list of names, or names negated."""

    def __init__(self) -> None:
        self._solver = z3.SimpleSolver()
        self._numbers = count()

    def know(self, *formulas: Formula) -> None:
        """Take formulas to be true."""
        for formula in formulas:
            z3.Z3_solver_assert(self._solver.ctx.ref(), self._solver.solver, formula.ast)

    def name(self, formula: Formula) -> Formula:
        """Return a name for a formula, so that the solver reads it once and can be asked by it."""
        name = flag(f"named {next(self._numbers)}")
        self.know(same(name, formula))
        return name

    def never(self, *names: Formula) -> bool:
        """Return whether the names have nothing in common."""
        asked = (z3.Ast * len(names))(*[name.ast for name in names])
        answer = z3.Z3_solver_check_assumptions(
            self._solver.ctx.ref(), self._solver.solver, len(names), asked
        )
        return bool(answer == z3.Z3_L_FALSE)

    def example(self) -> Example:
        """Return an example of what has just been asked and was not never."""
        return Example(self._solver.model())

    def typical(self, names: Sequence[Formula], wishes: Sequence[Formula]) -> Example:
        """Return an example of what the names have in common, which is something.

        Wishes that cannot be granted are given up, of those that stand in each other's way the
        last.
        """
        granted = list(wishes)
        while self.never(*names, *granted):
            blamed = self._blamed()
            del granted[max(i for i, wish in enumerate(granted) if wish.ast.value in blamed)]
        return self.example()

    def _blamed(self) -> set[int]:
        """Return which formulas of the last question exclude each other, by address."""
        context = self._solver.ctx.ref()
        core = self._solver.unsat_core()
        return {
            z3.Z3_ast_vector_get(context, core.vector, place).value for place in range(len(core))
        }


@lru_cache(maxsize=4096)
def _declared(unknown: Callable[[str], Formula], name: str) -> z3.FuncDeclRef:
    return unknown(name).decl()
