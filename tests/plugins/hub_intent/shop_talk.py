"""Invented messages of an invented shop, for training: no two alike, some about nothing."""

from __future__ import annotations

import random

from hub_intent.examples import Examples

WAYS = {
    "price": (
        [
            "how much is",
            "what does",
            "the price of",
            "tell me the cost of",
            "what do you charge for",
            "what is the rate for",
        ],
        ["it please", "the red chair cost", "a table for six", "two lamps", "the big sofa", "delivery of one bed"],
    ),
    "delivery": (
        ["when will", "where is", "has the courier got", "please track", "how long until", "did you ship"],
        ["my parcel arrive", "the order from May", "my package", "the shipment", "it arrive at my door", "order 4711"],
    ),
    "return": (
        ["I want to return", "can I send back", "refund", "please take back", "money back for", "how do I return"],
        ["this broken chair", "the wrong size", "a damaged lamp", "my purchase", "the sofa I bought", "both stools"],
    ),
    "none": (
        ["good morning", "what a lovely", "did you see", "happy", "my cousin likes", "we talked about"],
        ["weather in Leeds", "match last night", "birthday to you", "football a lot", "the moon", "politics again"],
    ),
}


def talk(*labels: str, seed: int = 1) -> Examples:
    """All messages of these labels, shuffled."""
    rows = [(f"{one} {other}", label) for label in labels for one in WAYS[label][0] for other in WAYS[label][1]]
    random.Random(seed).shuffle(rows)
    texts, found = zip(*rows, strict=True)
    return Examples(texts, found)
