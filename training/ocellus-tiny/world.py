"""Draws scenes of coloured shapes with exact ground truth. Everything is procedural: no file is read."""
import math

import numpy as np
from PIL import Image, ImageDraw

from domain import pick

COLORS = {"red": (214, 36, 36), "orange": (245, 135, 20), "yellow": (245, 220, 40), "green": (40, 160, 60),
          "blue": (35, 80, 215), "purple": (130, 45, 175), "pink": (250, 135, 190), "brown": (120, 72, 35),
          "black": (22, 22, 24), "white": (248, 248, 248)}
PLURAL = {"circle": "circles", "square": "squares", "triangle": "triangles", "star": "stars", "hexagon": "hexagons",
          "cross": "crosses", "ring": "rings", "heart": "hearts", "diamond": "diamonds"}
SHAPES = list(PLURAL)
COLOR_NAMES = list(COLORS)
CELL = 28               # pixels of one visual token
LARGEST_TURN = {"circle": 0, "ring": 0, "square": 14, "diamond": 10, "triangle": 30, "hexagon": 30, "star": 36, "cross": 14, "heart": 22}
SUPERSAMPLE = 4
CONTRAST = 105          # least sum of channel differences between an object and its background
OVERLAP = 0.12          # largest overlap of two boxes, as a share of the smaller


def outline(shape, points=40):
    """Unit outline of a shape, y downwards. A ring is the outline of its outer circle."""
    a = np.linspace(0, 2 * np.pi, points, endpoint=False)
    if shape in ("circle", "ring"):
        return np.stack([np.cos(a), np.sin(a)], 1)
    if shape == "square":
        return np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 0.88
    if shape == "diamond":
        return np.array([[0, -1.12], [0.82, 0], [0, 1.12], [-0.82, 0]])
    if shape == "triangle":
        return np.array([[0, -1.0], [1.0, 0.8], [-1.0, 0.8]])
    if shape == "hexagon":
        b = np.arange(6) * np.pi / 3
        return np.stack([np.cos(b), np.sin(b)], 1)
    if shape == "star":
        b = np.arange(10) * np.pi / 5 - np.pi / 2
        r = np.where(np.arange(10) % 2 == 0, 1.1, 0.46)
        return np.stack([r * np.cos(b), r * np.sin(b)], 1)
    if shape == "cross":
        t = 0.34
        return np.array([[-t, -1], [t, -1], [t, -t], [1, -t], [1, t], [t, t], [t, 1], [-t, 1], [-t, t], [-1, t], [-1, -t], [-t, -t]])
    if shape == "heart":
        x = 16 * np.sin(a) ** 3
        y = -(13 * np.cos(a) - 5 * np.cos(2 * a) - 2 * np.cos(3 * a) - np.cos(4 * a))
        return np.stack([x / 16, (y + 2.5) / 14.5], 1)
    raise KeyError(shape)


def tone(rng):
    """A muted background colour: mostly light, sometimes grey, sometimes dark."""
    z = rng.random()
    if z < 0.45:
        return rng.uniform(170, 255, 3) * 0.5 + rng.uniform(175, 250) * 0.5
    if z < 0.75:
        return rng.uniform(-18, 18, 3) + rng.uniform(70, 200)
    return rng.uniform(0, 50, 3) + rng.uniform(0, 60)


def background(rng, kind, h, w):
    """-> float picture [h, w, 3], its name in captions, the tones that objects must stand out from"""
    if kind == "bright-or-dark":
        c = rng.uniform(205, 255, 3) if rng.random() < 0.7 else np.full(3, rng.uniform(0, 40))
    else:
        c = np.clip(tone(rng), 0, 255)
    if kind != "gradient":
        return np.broadcast_to(c.astype(np.float32), (h, w, 3)).copy(), "plain", [c]
    d = rng.uniform(45, 95) * (1 if c.mean() < 128 else -1)
    c2 = np.clip(c + d + rng.uniform(-25, 25, 3), 0, 255)
    t = rng.uniform(0, 2 * np.pi)
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    u = xx / w * np.cos(t) + yy / h * np.sin(t)
    u = (u - u.min()) / (np.ptp(u) + 1e-6)
    return (c + (c2 - c) * u[..., None]).astype(np.float32), "gradient", [c, c2, (c + c2) / 2]


def coverage(points, width, height, draw):
    """Anti-aliased mask [height, width] in 0…1 of what `draw(canvas, points)` paints."""
    mask = Image.new("L", (width * SUPERSAMPLE, height * SUPERSAMPLE), 0)
    draw(ImageDraw.Draw(mask), [(x * SUPERSAMPLE, y * SUPERSAMPLE) for x, y in points])
    return np.asarray(mask.reduce(SUPERSAMPLE), np.float32) / 255


def fill_of(rng, shape, color, style, alpha, points, r):
    """The pixels [h, w, 3] of one object before its mask is applied."""
    h, w = alpha.shape
    c = np.clip(np.array(COLORS[color], np.float32) + np.clip(rng.normal(0, 9, 3), -20, 20), 0, 255)
    if color not in ("black", "white"):
        c = np.clip(c * rng.uniform(0.88, 1.1), 0, 255)
    fill = np.broadcast_to(c, (h, w, 3)).astype(np.float32)
    if style == "shaded":
        g = np.linspace(-1, 1, h)[:, None] * rng.uniform(-0.14, 0.14) + np.linspace(-1, 1, w)[None] * rng.uniform(-0.14, 0.14)
        fill = fill * (1 + g[..., None])
    elif style == "outlined" and shape != "ring":
        if c.mean() > 60 and rng.random() < 0.65:
            line = np.full(3, 25, np.float32)
        else:
            line = np.full(3, 245, np.float32) if c.mean() < 200 else c * 0.55
        width = int(SUPERSAMPLE * rng.uniform(1.4, max(1.6, r * 0.12)))
        edge = coverage(points, w, h, lambda d, p: d.line(p + p[:2], fill=255, width=width, joint="curve")) * alpha
        fill = fill * (1 - edge[..., None]) + line * edge[..., None]
    return fill


def place(rng, domain, shapes, colors, h, w, objects):
    """One more object that fits into the picture and hardly overlaps the others, or None."""
    lo, hi = pick(rng, domain.radii)
    r = min(h, w) * rng.uniform(lo, hi)
    shape, color = str(rng.choice(shapes)), str(rng.choice(colors))
    p = outline(shape) * r
    p[:, 0] *= rng.uniform(0.93, 1.07)
    th = math.radians(rng.uniform(-1, 1) * LARGEST_TURN[shape]) * domain.turn
    p = p @ np.array([[math.cos(th), -math.sin(th)], [math.sin(th), math.cos(th)]]).T
    lo, hi = p.min(0), p.max(0)
    if hi[0] - lo[0] > w - 6 or hi[1] - lo[1] > h - 6:
        return None
    cx, cy = rng.uniform(2 - lo[0], w - 2 - hi[0]), rng.uniform(2 - lo[1], h - 2 - hi[1])
    box = [float(v) for v in (cx + lo[0], cy + lo[1], cx + hi[0], cy + hi[1])]
    area = (box[2] - box[0]) * (box[3] - box[1])
    for o in objects:
        iw = min(box[2], o["box"][2]) - max(box[0], o["box"][0])
        ih = min(box[3], o["box"][3]) - max(box[1], o["box"][1])
        if iw > 0 and ih > 0 and iw * ih > OVERLAP * min(area, o["area"]):
            return None
    return dict(shape=shape, color=color, box=box, area=area, r=float(r), points=p + [cx, cy])


def layer_of(rng, domain, o, style=None):
    """An object ready to be painted: corner (x, y), mask `alpha` [h, w] and pixels `fill` [h, w, 3]."""
    x0, y0, x1, y1 = int(o["box"][0]) - 3, int(o["box"][1]) - 3, int(o["box"][2]) + 5, int(o["box"][3]) + 5
    points = [(x - x0, y - y0) for x, y in o["points"]]
    alpha = coverage(points, x1 - x0, y1 - y0, lambda d, p: d.polygon(p, fill=255))
    if o["shape"] == "ring":
        k = rng.uniform(0.5, 0.68)
        mx, my = (o["box"][0] + o["box"][2]) / 2 - x0, (o["box"][1] + o["box"][3]) / 2 - y0
        hole = [((x - mx) * k + mx, (y - my) * k + my) for x, y in points]
        alpha = alpha - coverage(hole, x1 - x0, y1 - y0, lambda d, p: d.polygon(p, fill=255))
        alpha = np.clip(alpha, 0, 1)
    return dict(x=x0, y=y0, alpha=alpha, fill=fill_of(rng, o["shape"], o["color"], style or pick(rng, domain.styles), alpha, points, o["r"]))


def blend(img, layer, dx=0, dy=0):
    """Paints a layer into the picture, moved by whole pixels; -> its mask [h, w]."""
    h, w, _ = img.shape
    x0, y0 = layer["x"] + dx, layer["y"] + dy
    y1, x1 = y0 + layer["alpha"].shape[0], x0 + layer["alpha"].shape[1]
    ys, xs, ye, xe = max(0, y0), max(0, x0), min(h, y1), min(w, x1)
    inside = (slice(ys - y0, ye - y0), slice(xs - x0, xe - x0))
    a = layer["alpha"][inside][..., None]
    img[ys:ye, xs:xe] = img[ys:ye, xs:xe] * (1 - a) + layer["fill"][inside] * a
    full = np.zeros((h, w), np.float32)
    full[ys:ye, xs:xe] = a[..., 0]
    return full


def claim(owner, cover, mask, number):
    """Enters an object into `owner` wherever it covers more of a cell than what is entered there; masks are [h, w]."""
    rows, columns = owner.shape
    share = mask.reshape(rows, mask.shape[0] // rows, columns, mask.shape[1] // columns).mean((1, 3))
    most = (share > cover) & (share > 0.03)
    owner[most], cover[most] = number, share[most]


def visible_on(tones):
    """The colours that stand out from a background."""
    return [c for c in COLOR_NAMES if min(np.abs(np.array(COLORS[c]) - t).sum() for t in tones) > CONTRAST]


def make_scene(rng, domain, h, w, shapes=None, colors=None):
    """-> dict(img uint8 [h,w,3], objects [{shape, color, box (pixels), area, r}], back, owner, h, w).

    `owner` [h/28, w/28] names for every cell the object (from 1) that covers most of it, 0 for the background.
    `shapes` and `colors` narrow the choice, the colours where some of them are visible.
    """
    while True:
        img, back, tones = background(rng, pick(rng, domain.backgrounds), h, w)
        wanted = pick(rng, domain.objects)
        visible = visible_on(tones)
        visible = [c for c in visible if c in (colors or COLOR_NAMES)] or visible
        # repeated shapes and colours make counting worthwhile
        kinds = list(rng.permutation(SHAPES)[:int(rng.integers(1, 4))]) if rng.random() < 0.4 else SHAPES
        tints = list(rng.permutation(visible)[:int(rng.integers(1, 4))]) if rng.random() < 0.35 else visible
        objects = []
        owner, cover = np.zeros((h // CELL, w // CELL), np.int8), np.zeros((h // CELL, w // CELL), np.float32)
        for _ in range(80):
            if len(objects) == wanted:
                break
            o = place(rng, domain, shapes or kinds, tints, h, w, objects)
            if not o:
                continue
            objects.append(o)
            claim(owner, cover, blend(img, layer_of(rng, domain, o)), len(objects))
            del o["points"]
        if objects:
            img = np.clip(img * rng.uniform(0.94, 1.06), 0, 255).astype(np.uint8)
            return dict(img=img, objects=objects, back=back, owner=owner, h=h, w=w)
