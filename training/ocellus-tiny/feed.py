"""Draws training batches in a process of its own."""
import os
import time
from dataclasses import replace

import numpy as np

from clip import SLICE, make_clip
from clip_questions import CLIP_MAKERS
from domain import DOMAIN, pick
from pack import TOKENS_PER_SECOND, Packer, Visual, patches, window_order
from pair_questions import PAIR_MAKERS, likeness
from questions import dialogue, short_dialogue
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


def picture_example(rng, h, w):
    """-> scenes whose pictures the vision tower sees, their pixels [1, h, w, 3], visuals of the prompt, dialogue"""
    scene = make_scene(rng, DOMAIN, h, w)
    return [scene], [scene["img"][None]], [Visual()], dialogue(rng, DOMAIN, scene)


def pair_example(rng, h, w):
    """The same for two pictures."""
    like, domain = likeness(rng), replace(DOMAIN, objects=DOMAIN.pair_objects)
    pair = [make_scene(rng, domain, h, w, *like) for _ in range(2)]
    return pair, [s["img"][None] for s in pair], [Visual()] * 2, short_dialogue(rng, PAIR_MAKERS, DOMAIN.pair_questions, pair)


def clip_example(rng, h, w, slices):
    """The same for a clip: one scene and SLICE frames of pixels a slice."""
    clip = make_clip(rng, DOMAIN, h, w, slices * SLICE)
    frames = [clip["frames"][k:k + SLICE] for k in range(0, slices * SLICE, SLICE)]
    visual = Visual("<|video_pad|>", slices, TOKENS_PER_SECOND * SLICE / pick(rng, DOMAIN.frame_rates))
    return clip["slices"], frames, [visual], short_dialogue(rng, CLIP_MAKERS, DOMAIN.clip_questions, clip)


def batch(rng, packer, size, length, vision_only):
    """`size` prompts of one kind and picture size (twice as many scenes without text) as a dict of arrays."""
    rows, columns = pick(rng, DOMAIN.grids)
    order, _ = window_order(rows, columns)
    h, w, kind, slices = rows * CELL, columns * CELL, pick(rng, DOMAIN.prompts), pick(rng, DOMAIN.slices)
    if vision_only:
        drawn = [picture_example(rng, h, w) for _ in range(size * 2)]
    else:
        draw = {"picture": picture_example, "pair": pair_example, "clip": lambda *a: clip_example(*a, slices)}[kind]
        drawn = [draw(rng, h, w) for _ in range(size)]
    cells = [cells_of(s) for scenes, *_ in drawn for s in scenes]
    d = dict(grid=(rows, columns), pixels=np.stack([patches(p, order) for _, pixels, *_ in drawn for p in pixels]),
             cell_shape=np.array([c[0] for c in cells], np.int8), cell_color=np.array([c[1] for c in cells], np.int8),
             cell_box=np.array([c[2] for c in cells], np.float32))
    if vision_only:
        return d
    d["kind"] = kind
    packed = [packer.row(system, reasoned, visuals, rows, columns, turns, length) for _, _, visuals, (system, reasoned, turns) in drawn]
    for key, dtype in (("ids", np.int32), ("pos", np.int16), ("seg", np.int8), ("at", np.int32)):
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
