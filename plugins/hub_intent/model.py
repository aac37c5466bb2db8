"""The trained model: scores of labels, the chance that the best one is right, and the file it is kept in.

Needs numpy only. The file holds plain arrays, never Python objects: whoever could write it can make the classifier
wrong, but cannot run anything.
"""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hub.contracts.errors import PluginError
from hub.contracts.training import NONE
from hub_intent.grams import WORD, grams, is_single

Array = npt.NDArray[Any]

FORMAT = 1
FACTS = 4
"""Numbers that the chance is made of: see `facts`."""
ABSENT = -1.0
"""The score of a label that is nowhere near: those below it say no more."""


class Guess(NamedTuple):
    """The likeliest label of a text, and the chance (0 to 1) that it is right."""

    label: str
    chance: float


@dataclass(frozen=True, slots=True)
class Model:
    """`vocabulary`: gram -> its row in `rarity` (one number each) and `weights` (one number for each of `labels`).

    `chance`: what each of the `facts` adds to the log odds, then what they begin with. It answers from `threshold` on.
    """

    labels: tuple[str, ...]
    vocabulary: dict[str, int]
    rarity: Array
    weights: Array
    bias: Array
    chance: Array
    threshold: float

    def guess(self, text: str) -> Guess:
        """What `text` is about, however unsure."""
        counted = grams(text)
        known = [gram for gram in counted if gram in self.vocabulary]
        rows = np.array([self.vocabulary[gram] for gram in known], np.int64)
        values = self.rarity[rows] * (1 + np.log(np.array([counted[gram] for gram in known], np.float64)))
        of_words = np.array([gram[0] == WORD for gram in known], bool)
        for block in (of_words, ~of_words):
            if length := np.sqrt(np.square(values[block]).sum()):
                values[block] /= length
        scores = values @ self.weights[rows] + self.bias
        said = {gram: count for gram, count in counted.items() if is_single(gram)}
        heard = sum(count for gram, count in said.items() if gram in self.vocabulary)
        unknown = 1 - heard / sum(said.values()) if said else 1.0
        best, of = facts(scores[None, :], np.array([unknown]), self.labels)
        return Guess(self.labels[int(best[0])], float(chances(of, self.chance)[0]))

    def answer(self, text: str) -> Guess | None:
        """What `text` is about, or None where that is not sure enough."""
        found = self.guess(text)
        return found if found.chance >= self.threshold else None

    def save(self, file: Path) -> None:
        """Put it in the place of the one before, at once; readable by its owner only, since it holds people's words."""
        aside = file.with_name(f".{file.name}.new")
        arrays: dict[str, Any] = {
            "format": np.array([FORMAT]),
            "labels": np.frombuffer(json.dumps(self.labels).encode(), np.uint8),
            "vocabulary": np.frombuffer("\n".join(self.vocabulary).encode(), np.uint8),
            "rarity": self.rarity.astype(np.float32),
            "weights": self.weights.astype(np.float32),
            "bias": self.bias.astype(np.float32),
            "chance": self.chance,
            "threshold": np.array([self.threshold]),
        }
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
            np.savez(opened, **arrays)
        os.replace(aside, file)

    @staticmethod
    def load(file: Path) -> Model:
        """Read it back. Raises PluginError when the file is damaged or of another version; FileNotFoundError."""
        try:
            with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
                if int(kept["format"][0]) != FORMAT:
                    raise ValueError
                labels = tuple(json.loads(kept["labels"].tobytes()))
                names = kept["vocabulary"].tobytes().decode().split("\n")
                model = Model(
                    labels,
                    {name: row for row, name in enumerate(names)},
                    kept["rarity"],
                    kept["weights"],
                    kept["bias"],
                    kept["chance"],
                    float(kept["threshold"][0]),
                )
            sizes = len(model.vocabulary), len(labels)
            shapes = model.rarity.shape, model.weights.shape, model.bias.shape, model.chance.shape
            if shapes != (sizes[:1], sizes, sizes[1:], (FACTS + 1,)) or not all(isinstance(x, str) for x in labels):
                raise ValueError
        except FileNotFoundError:
            raise
        except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as error:
            raise PluginError(f"{file} is no model of this version: run `dragoman intents train`") from error
        return model


def facts(scores: Array, unknown: Array, labels: tuple[str, ...]) -> tuple[Array, Array]:
    """For each row of `scores` (one column for each of `labels`) the column of the best label, `NONE` apart, and what
    the chance is made of: its score, its lead over the next one, the score of `NONE`, the share of `unknown` words."""
    scores = np.maximum(scores, ABSENT)
    if NONE in labels:
        place = labels.index(NONE)
        none = scores[:, place].copy()
        scores[:, place] = -np.inf
    else:
        none = np.full(len(scores), ABSENT)
    best = scores.argmax(1)
    rows = np.arange(len(scores))
    top = scores[rows, best]
    scores[rows, best] = -np.inf
    lead = top - np.maximum(scores.max(1), ABSENT)
    return best, np.column_stack((top, lead, none, unknown))


def chances(of: Array, weights: Array) -> Array:
    """The chance of each row of `facts`."""
    odds: Array = of @ weights[:-1] + weights[-1]
    found: Array = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    return found
