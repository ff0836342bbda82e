#!/usr/bin/env python3
"""Fits a ridge classifier of handwritten digits with NumPy and writes how well it does on rows that it has not seen."""
import json
import sys

import numpy as np

penalty = float(sys.argv[sys.argv.index("--penalty") + 1])
rows = np.loadtxt("/in/digits", delimiter=",")
pixels, digits = rows[:, :-1] / 16.0, rows[:, -1].astype(int)
fitted = np.arange(len(rows)) % 4 != 0

inputs = np.hstack([pixels, np.ones((len(rows), 1))])
targets = np.eye(10)[digits]
known = inputs[fitted]
weights = np.linalg.solve(known.T @ known + penalty * np.eye(inputs.shape[1]), known.T @ targets[fitted])
right = (inputs[~fitted] @ weights).argmax(axis=1) == digits[~fitted]

np.save("/out/weights.npy", weights)
with open("/out/score.json", "w", encoding="utf-8") as file:
    json.dump({"penalty": penalty, "accuracy": round(float(right.mean()), 6), "rows": int((~fitted).sum())}, file)
with open("/progress", "w", encoding="utf-8") as file:
    file.write('{"done":1,"total":1}\n')
