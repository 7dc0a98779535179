"""Draws training batches in a process of its own."""
import os
import time

import numpy as np

from domain import DOMAIN, pick
from pack import Packer, patches, window_order
from questions import dialogue
from world import CELL, COLOR_NAMES, SHAPES, make_scene

SHAPE_CLASS = {s: i + 1 for i, s in enumerate(SHAPES)}          # 0 is background
COLOR_CLASS = {c: i + 1 for i, c in enumerate(COLOR_NAMES)}


def cells_of(scene):
    """Per cell: class of shape, class of colour, box as shares of the picture sides."""
    w, h = scene["w"], scene["h"]
    shape, color, box = [], [], []
    for k in scene["owner"].reshape(-1):
        o = scene["objects"][k - 1] if k else None
        shape.append(SHAPE_CLASS[o["shape"]] if o else 0)
        color.append(COLOR_CLASS[o["color"]] if o else 0)
        box.append([o["box"][0] / w, o["box"][1] / h, o["box"][2] / w, o["box"][3] / h] if o else [0, 0, 0, 0])
    return shape, color, box


def batch(rng, packer, size, length, vision_only):
    """`size` scenes of one picture size (twice as many without text) as a dict of arrays."""
    rows, columns = pick(rng, DOMAIN.grids)
    order, _ = window_order(rows, columns)
    scenes = [make_scene(rng, DOMAIN, rows * CELL, columns * CELL) for _ in range(size * 2 if vision_only else size)]
    cells = [cells_of(s) for s in scenes]
    d = dict(grid=(rows, columns), pixels=np.stack([patches(s["img"], order) for s in scenes]),
             cell_shape=np.array([c[0] for c in cells], np.int8), cell_color=np.array([c[1] for c in cells], np.int8),
             cell_box=np.array([c[2] for c in cells], np.float32))
    if vision_only:
        return d
    packed = []
    for s in scenes:
        system, reasoned, turns = dialogue(rng, DOMAIN, s)
        packed.append(packer.row(system, reasoned, rows, columns, turns, length))
    for key, dtype in (("ids", np.int32), ("pos", np.int16), ("seg", np.int8), ("first", np.int32)):
        d[key] = np.array([r[key] for r in packed], dtype)
    d["predict"] = np.array([b * length + i for b, r in enumerate(packed) for i in r["predict"]], np.int32)
    for key, dtype in (("target", np.int32), ("weight", np.float32), ("coordinate", np.int16), ("box", np.int8)):
        d[key] = np.array([v for r in packed for v in r[key]], dtype)
    return d


def serve(queue, tokenizer_path, seed, size, length, vision_only, parent):
    """Fills the queue until the trainer is gone. `vision_only` is a shared flag."""
    os.nice(1)
    rng, packer = np.random.default_rng(seed), Packer(tokenizer_path)
    while os.getppid() == parent:
        d = batch(rng, packer, size, length, bool(vision_only.value))
        while queue.full() and os.getppid() == parent:
            time.sleep(0.05)
        queue.put(d)
