#!/usr/bin/env python3
"""Trains a small network on one shard of handwritten digits: --shard K --of N --steps S, with a checkpoint every 50 steps."""
import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

EVERY, BATCH, MODULUS = 50, 32, 2**32
TASK = Path(os.environ.get("TASK", "/"))
# A sandbox without a folder for checkpoints has one for outputs: what is declared of it there is kept.
CHECKPOINTS = TASK / "ckpt" if (TASK / "ckpt").is_dir() else TASK / "out" / "ckpt"

options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
shard, shards, steps = (int(options[name]) for name in ("--shard", "--of", "--steps"))

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
# Anything that takes no random draw serves, as long as units differ.
def first_weights(shape: tuple[int, ...]) -> torch.Tensor:
    places = np.arange(1, np.prod(shape) + 1, dtype=np.uint64) * np.uint64(2654435761) % np.uint64(MODULUS)
    return torch.from_numpy(((places / MODULUS - 0.5) * 0.4).astype(np.float32).reshape(shape))


model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
with torch.no_grad():
    for parameter in model.parameters():
        parameter.copy_(first_weights(tuple(parameter.shape)))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

rows = torch.from_numpy(np.loadtxt(TASK / "in" / "digits", delimiter=",", dtype=np.float32))[shard::shards]
pixels, digits = rows[:, :-1] / 16, rows[:, -1].long()


def save(step: int) -> None:
    """A checkpoint counts once its manifest is there, which appears in one go."""
    folder = CHECKPOINTS / str(step)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, folder / "state.pt")
    (folder / "manifest.tmp").write_text(json.dumps({"step": step, "files": ["state.pt"]}), "utf-8")
    (folder / "manifest.tmp").rename(folder / "manifest.json")


def resume() -> int:
    """From a checkpoint that is an input, else from the step that the environment names; else from the start."""
    path = TASK / "in" / "checkpoint"
    if not path.exists():
        if "RESUME_STEP" not in os.environ:
            return 0
        path = CHECKPOINTS / os.environ["RESUME_STEP"] / "state.pt"
    state = torch.load(path)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return state["step"]


stopping = []
signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))

step = resume()
loss = torch.tensor(0.0)
with open(TASK / "progress", "a", encoding="utf-8") as progress:
    while step < steps:
        chosen = torch.arange(step * BATCH, (step + 1) * BATCH) % len(rows)
        loss = nn.functional.cross_entropy(model(pixels[chosen]), digits[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        if step % EVERY == 0 or step == steps or stopping:
            save(step)
            progress.write(json.dumps({"done": step, "total": steps, "metric": loss.item()}) + "\n")
            progress.flush()
        if stopping:
            sys.exit(f"stopped after step {step}, with a checkpoint")

torch.cat([parameter.detach().flatten() for parameter in model.parameters()]).numpy().tofile(TASK / "out" / "model.f32")
right = int((model(pixels).argmax(1) == digits).sum())
(TASK / "out" / "metrics.json").write_text(json.dumps({"shard": shard, "step": step, "rows": len(rows), "right": right}), "utf-8")
