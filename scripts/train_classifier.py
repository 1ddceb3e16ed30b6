"""Trains the reader of inbound texts from the labelled sentences and writes its model file.

Run it after changing reminders/understanding/data/sentences.tsv:  python scripts/train_classifier.py
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reminders.understanding.classifier import MODEL, SENTENCES, features, probabilities
from reminders.understanding.intents import Intent

BUCKETS = 4096
ROUNDS = 40
STEP, DECAY = 6.0, 1e-5
LARGEST = 127
Rows = list[tuple[int, dict[int, float]]]


def read(path: Path) -> list[tuple[Intent, str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(Intent(label), text) for label, _, text in (line.partition("\t") for line in lines) if text]


def train(rows: Rows, width: int) -> tuple[list[list[float]], list[float]]:
    """Stochastic gradient descent, always in the same order."""
    weights = [[0.0] * width for _ in range(BUCKETS)]
    bias = [0.0] * width
    order = random.Random(7)  # noqa: S311 - a reproducible order, no secret
    for turn in range(ROUNDS):
        step = STEP / (1 + turn / 4)
        order.shuffle(rows)
        for label, vector in rows:
            _learn(weights, bias, label, vector, step)
    return weights, bias


def _learn(weights: list[list[float]], bias: list[float], label: int, vector: dict[int, float], step: float) -> None:
    scores = list(bias)
    for bucket, value in vector.items():
        for index, weight in enumerate(weights[bucket]):
            scores[index] += weight * value
    errors = [chance - (index == label) for index, chance in enumerate(probabilities(scores))]
    for index, error in enumerate(errors):
        bias[index] -= 0.02 * step * error
    for bucket, value in vector.items():
        row = weights[bucket]
        for index, error in enumerate(errors):
            row[index] -= step * (error * value + DECAY * row[index])


def main() -> None:
    sentences = read(SENTENCES)
    classes = list(Intent)
    rows: Rows = [(classes.index(label), dict(features(text, buckets=BUCKETS))) for label, text in sentences]
    weights, bias = train(rows, len(classes))
    scale = max(abs(value) for row in weights for value in row) / LARGEST
    packed = bytes(round(value / scale) & 0xFF for row in weights for value in row)
    stored = {
        "classes": classes,
        "buckets": BUCKETS,
        "bias": [round(value, 4) for value in bias],
        "scale": scale,
        "sentences": hashlib.sha256(SENTENCES.read_bytes()).hexdigest(),
        "weights": base64.b64encode(packed).decode(),
    }
    MODEL.write_text(json.dumps(stored), encoding="utf-8")
    sys.stdout.write(f"{len(sentences)} sentences, {len(classes)} classes, {MODEL.stat().st_size // 1024} KiB\n")


if __name__ == "__main__":
    main()
