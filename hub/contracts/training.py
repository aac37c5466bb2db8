"""What a classifier is trained from and what it tells about itself: plain shapes between the hub and its plugins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

NONE = "none"
"""The label of messages that are about nothing the classifier knows."""

Progress = Callable[[str, float], None]
"""Told what is done now, in a few words, and the share (0 to 1) that is done already."""


class Correction(NamedTuple):
    """A message of which a human said what it is about; `label` may be `NONE`."""

    text: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFigures:
    """How well one label is found among examples that were held back from training, with those of no label.

    `precision`: of the answers with this label, the share that is right; `recall`: of its examples, the share that is
    answered with it. `confused`: the labels its examples got instead, the most frequent first, with their number.
    """

    label: str
    examples: int
    precision: float
    recall: float
    confused: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What came of a training; every share (0 to 1) is measured on examples held back from it.

    `accuracy`: the best label is the right one, without any abstaining. From `threshold` (a chance) on the classifier
    answers: so often that `precision` of its answers are right, if the examples are like the messages to come and the
    share `others` of these is about something else. `answered`: of the examples of its labels, the share it answers
    rightly; `refused`: of those about something else, the share it does not answer, -1 = nothing to measure it on.
    `reached` says whether `precision` is as high as the settings ask. It took `seconds`, and `cpu` seconds of all
    processors together. `remarks` are sentences for the admin.
    """

    labels: tuple[LabelFigures, ...]
    examples: int
    folds: int
    accuracy: float
    threshold: float
    precision: float
    reached: bool
    answered: float
    refused: float
    others: float
    seconds: float
    cpu: float
    remarks: tuple[str, ...] = ()
