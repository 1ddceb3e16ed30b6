"""A small trained reader: which meaning a short text most likely has. Multinomial logistic regression over hashed
character n-grams, in plain Python; `scripts/train_classifier.py` makes the model file from the labelled sentences."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

from reminders.understanding.intents import Intent
from reminders.understanding.normal import plain

MODEL = Path(__file__).parent / "data" / "model.json"
SENTENCES = Path(__file__).parent / "data" / "sentences.tsv"
LONGEST = 400  # characters: what people text; the rules read the rest
NGRAMS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Model:
    """`weights[bucket]` holds one small whole number for each class, to be multiplied with `scale`."""

    classes: tuple[Intent, ...]
    buckets: int
    bias: tuple[float, ...]
    scale: float
    weights: tuple[tuple[int, ...], ...]
    sentences: str


def features(text: str, *, buckets: int) -> Mapping[int, float]:
    """Bucket -> value of a text's n-grams, of length one as a vector so that long texts shout no louder."""
    said = f" {plain(text[: 4 * LONGEST])[:LONGEST]} "
    grams = (said[at : at + size] for size in NGRAMS for at in range(len(said) - size + 1))
    counts = Counter(crc32(gram.encode()) % buckets for gram in grams if gram.strip())
    raised = {bucket: 1 + math.log(count) for bucket, count in counts.items()}
    length = math.sqrt(sum(value * value for value in raised.values())) or 1.0
    return {bucket: value / length for bucket, value in raised.items()}


def probabilities(scores: Sequence[float]) -> list[float]:
    highest = max(scores)
    raised = [math.exp(score - highest) for score in scores]
    total = sum(raised)
    return [value / total for value in raised]


def classify(text: str) -> dict[Intent, float]:
    """How likely each meaning is; the values sum to one."""
    model = load()
    scores = list(model.bias)
    for bucket, value in features(text, buckets=model.buckets).items():
        amount = value * model.scale
        for index, weight in enumerate(model.weights[bucket]):
            scores[index] += weight * amount
    return dict(zip(model.classes, probabilities(scores), strict=True))


@cache
def load() -> Model:
    stored = json.loads(MODEL.read_text(encoding="utf-8"))
    packed = base64.b64decode(stored["weights"])
    classes = tuple(Intent(name) for name in stored["classes"])
    width = len(classes)
    signed = [byte - 256 if byte > 127 else byte for byte in packed]
    weights = tuple(tuple(signed[at : at + width]) for at in range(0, len(signed), width))
    return Model(classes, stored["buckets"], tuple(stored["bias"]), stored["scale"], weights, stored["sentences"])
