"""Draws a clip with exact ground truth: the objects of a picture, and at most one thing that happens to one of them."""
import numpy as np

from domain import pick
from world import CELL, SHAPES, background, blend, claim, layer_of, place, visible_on

DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
SLICE = 2       # frames that the vision tower sees as one


def journey(rng, o, others, h, w):
    """(direction, dx, dy in pixels) of a move that stays in the picture and clear of the others, or None."""
    for direction in rng.permutation(list(DIRECTIONS)):
        x, y = DIRECTIONS[direction]
        far = rng.uniform(0.25, 0.55) * min(h, w)
        dx, dy = x * far, y * far
        b = o["box"]
        swept = [min(b[0], b[0] + dx), min(b[1], b[1] + dy), max(b[2], b[2] + dx), max(b[3], b[3] + dy)]
        inside = swept[0] >= 1 and swept[1] >= 1 and swept[2] <= w - 1 and swept[3] <= h - 1
        clear = all(min(swept[2], p["box"][2]) <= max(swept[0], p["box"][0]) or min(swept[3], p["box"][3]) <= max(swept[1], p["box"][1]) for p in others)
        if inside and clear:
            return str(direction), dx, dy
    return None


def event_of(rng, kind, objects, h, w):
    """What happens: dict(kind, object and, as it may be, direction, dx, dy, time), or None where it cannot."""
    if kind == "none":
        return dict(kind=kind)
    o = objects[int(rng.integers(len(objects)))]
    if sum((p["color"], p["shape"]) == (o["color"], o["shape"]) for p in objects) > 1:
        return None
    event = dict(kind=kind, object=o, time=rng.uniform(0.36, 0.64))
    if kind == "move":
        way = journey(rng, o, [p for p in objects if p is not o], h, w)
        return way and dict(event, direction=way[0], dx=way[1], dy=way[2], begin=rng.uniform(0, 0.25), end=rng.uniform(0.65, 1))
    return event


def state(event, o, u):
    """Whether an object is visible at time u in 0…1, and how far it has moved: (visible, dx, dy)."""
    if o is not event.get("object"):
        return True, 0, 0
    if event["kind"] == "move":
        p = min(1.0, max(0.0, (u - event["begin"]) / (event["end"] - event["begin"])))
        return True, round(event["dx"] * p), round(event["dy"] * p)
    return (u >= event["time"]) == (event["kind"] == "appear"), 0, 0


def make_clip(rng, domain, h, w, frames):
    """-> dict(frames uint8 [frames,h,w,3], objects (boxes at the start), event, back, slices, h, w).

    `slices` holds for every SLICE frames a scene's `objects` and `owner`: the ground truth of that part of the clip.
    """
    while True:
        canvas, back, tones = background(rng, pick(rng, domain.backgrounds), h, w)
        visible, wanted, objects = visible_on(tones), pick(rng, domain.clip_objects), []
        for _ in range(60):
            o = place(rng, domain, SHAPES, visible, h, w, objects) if len(objects) < wanted else None
            if o:
                objects.append(o)
        event = event_of(rng, pick(rng, domain.events), objects, h, w) if objects else None
        if event:
            break
    layers = [layer_of(rng, domain, o, pick(rng, domain.styles)) for o in objects]
    light = rng.uniform(0.94, 1.06)
    pictures, slices = [], []
    for k in range(frames):
        if k % SLICE == 0:
            owner, cover = np.zeros((h // CELL, w // CELL), np.int8), np.zeros((h // CELL, w // CELL), np.float32)
            seen = [dict(o) for o in objects]
        picture = canvas.copy()
        for i, (o, layer) in enumerate(zip(objects, layers)):
            shown, dx, dy = state(event, o, k / max(1, frames - 1))
            if not shown:
                continue
            claim(owner, cover, blend(picture, layer, dx, dy), i + 1)
            b = o["box"]
            seen[i].update(box=[b[0] + dx, b[1] + dy, b[2] + dx, b[3] + dy])
        pictures.append(np.clip(picture * light, 0, 255).astype(np.uint8))
        if k % SLICE == SLICE - 1:
            slices.append(dict(objects=seen, owner=owner, h=h, w=w))
    for o in objects:
        del o["points"]
    return dict(frames=np.stack(pictures), objects=objects, event=event, back=back, slices=slices, h=h, w=w)
