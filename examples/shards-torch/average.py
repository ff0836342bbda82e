#!/usr/bin/env python3
"""Averages the models of all shards, and counts how many of all digits the average classifies right."""
import json
from pathlib import Path

import numpy as np

models = [np.fromfile(path, np.float32) for path in sorted(Path("/in/model").iterdir(), key=lambda path: int(path.name))]
average = np.mean(models, axis=0, dtype=np.float64).astype(np.float32)
first, first_bias, second, second_bias = np.split(average, np.cumsum([32 * 64, 32, 10 * 32]))

rows = np.loadtxt("/in/digits", delimiter=",", dtype=np.float32)
hidden = np.maximum(rows[:, :-1] / 16 @ first.reshape(32, 64).T + first_bias, 0)
answers = (hidden @ second.reshape(10, 32).T + second_bias).argmax(1)

average.tofile("/out/model.f32")
summary = {"shards": len(models), "rows": len(rows), "right": int((answers == rows[:, -1]).sum())}
Path("/out/summary.json").write_text(json.dumps(summary), "utf-8")
