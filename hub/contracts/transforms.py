"""A transform of mapping files: how a value reads in the CRM, and what it means in the hub when it comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformSpec:
    """One transform. All functions are pure and quick; they get texts and never raise for any text.

    `forward(value, argument)` gives the CRM's value of a hub value that is not empty; "" = nothing can be made of it.
    `back(value, argument)` gives the hub's value of a CRM value, so that `forward` makes the same CRM value of it; None
    for a transform that loses too much (one-way): what a person changes in the CRM is then never taken.
    `argument` says in a few words what stands behind the colon, "" = nothing may; `needed`: it must be there.
    `wrong(argument)` says what is wrong with an argument, "" = nothing. `fills`: `forward` makes a value of "" too.
    """

    name: str
    forward: Callable[[str, str], str]
    back: Callable[[str, str], str] | None = None
    argument: str = ""
    needed: bool = True
    fills: bool = False
    wrong: Callable[[str], str] = lambda argument: ""
    meaning: str = ""
