"""python samples.py FOLDER: draws the sample pictures of the package and writes samples.json.

Seven come from the generator of the training scenes (at another resolution and from a seed of their own), four are drawn in
styles that the generator does not have: thick contours, drop shadows, gloss.
"""
import json
import os
import re
import sys
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw

import prompts
from domain import DOMAIN
from questions import MAKERS, answer_text, name
from world import CELL, make_scene, outline

SEED = 71
SCALE = 4       # supersampling of the hand-made pictures
# objects, background and (rows, columns) of the generated pictures
GENERATED = [(1, "bright-or-dark", (6, 6)), (2, "bright-or-dark", (6, 6)), (3, "plain", (6, 6)), (2, "gradient", (6, 6)),
             (3, "bright-or-dark", (6, 6)), (3, "gradient", (6, 6)), (2, "plain", (5, 6))]
PAINT = {"red": (229, 57, 53), "blue": (30, 90, 220), "green": (56, 142, 60), "yellow": (253, 216, 53), "orange": (251, 140, 0),
         "purple": (142, 36, 170), "pink": (244, 143, 177), "black": (33, 33, 33), "white": (250, 250, 250)}


def generated(rng, objects, kind, rows, columns):
    """A scene of DOMAIN with this number of objects on this kind of background."""
    domain = replace(DOMAIN, objects=((objects, 1),), backgrounds=((kind, 1),))
    while True:
        scene = make_scene(rng, domain, rows * CELL * 2, columns * CELL * 2)
        if len(scene["objects"]) == objects and len({name(o) for o in scene["objects"]}) == objects:
            return scene


class Canvas:
    """A hand-made picture."""

    def __init__(self, side, color):
        self.side, self.objects = side, []
        self.image = Image.new("RGB", (side * SCALE, side * SCALE), color)
        self.draw = ImageDraw.Draw(self.image)

    def put(self, shape, color, cx, cy, r, line=4, shadow=None, gloss=False):
        """Paints one object; `line`: width of its dark contour, `shadow`: colour of a drop shadow."""
        fill, points = PAINT[color], [(cx + x * r, cy + y * r) for x, y in outline(shape)]
        at = lambda d: [((x + d) * SCALE, (y + d) * SCALE) for x, y in points]
        if shadow:
            self.draw.polygon(at(6), fill=shadow)
        if shape == "ring":
            self.draw.ellipse([v * SCALE for v in (cx - r, cy - r, cx + r, cy + r)], outline=fill, width=int(r * .42 * SCALE))
        else:
            self.draw.polygon(at(0), fill=fill)
            if line:
                self.draw.line(at(0) + at(0)[:2], fill=(30, 30, 40), width=line * SCALE, joint="curve")
        if gloss:
            self.draw.ellipse([v * SCALE for v in (cx - r * .5, cy - r * .55, cx - r * .15, cy - r * .25)], fill=tuple(min(255, v + 70) for v in fill))
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        box = [min(xs), min(ys), max(xs), max(ys)]
        self.objects.append(dict(shape=shape, color=color, box=box, area=(box[2] - box[0]) * (box[3] - box[1]), r=r))

    def scene(self):
        """The same form as a generated scene."""
        image = self.image.resize((self.side, self.side), Image.LANCZOS)
        return dict(img=np.asarray(image), objects=self.objects, back="plain", h=self.side, w=self.side)


def hand_made():
    """-> four scenes"""
    contours = Canvas(336, (255, 255, 255))
    contours.put("circle", "red", 96, 110, 52)
    contours.put("square", "blue", 236, 232, 50)
    shadows = Canvas(336, (232, 240, 250))
    for shape, color, x, y, r in (("star", "orange", 88, 92, 52), ("heart", "red", 250, 104, 48), ("circle", "green", 170, 250, 44)):
        shadows.put(shape, color, x, y, r, line=0, shadow=(186, 192, 200))
    gloss = Canvas(336, (245, 235, 215))
    gloss.put("triangle", "green", 92, 104, 54, line=3, gloss=True)
    gloss.put("hexagon", "purple", 226, 220, 60, line=3, gloss=True)
    bare = Canvas(336, (250, 250, 250))
    bare.put("ring", "blue", 98, 100, 52)
    bare.put("diamond", "black", 236, 250, 54, line=0)
    return [c.scene() for c in (contours, shadows, gloss, bare)]


def ask(rng, kind, pattern, scene):
    """A question of this kind whose text matches, or None where the scene does not allow one."""
    for _ in range(400):
        q = MAKERS[kind](rng, scene)
        if q and re.fullmatch(pattern, q.text):
            return q
    return None


COUNT, COLOR = ("count", r"How many (?!objects|shapes|things)\w+ are there\?"), ("color", r"What color is the \w+\?")
EXIST, SHAPE = ("exist", r"Is there an? \w+ \w+\?"), ("shape", r"What shape is the \w+ object\?")
WHERE = ("where", r"Where is the [\w ]+\?")
CAPTION, LIST = ("caption", r"Describe the image\."), ("list", r"What is in the image\?")
LOCATE, EVERYTHING = ("locate", r"Locate the \w+ \w+\."), ("describe_and_locate", r"Describe and locate all visible objects in this image\.")


def questions_about(rng, scene, number):
    """What the demonstration may ask about a picture; some forms alternate from picture to picture."""
    odd = number % 2
    plan = [("answer", COUNT, None), ("answer", (COLOR, SHAPE)[odd], None), ("answer", EXIST, None), ("answer", WHERE, None),
            ("answer", (CAPTION, LIST)[odd], None), ("phrase-grounding", LOCATE, None),
            ("phrase-grounding", EVERYTHING, (None, prompts.GROUNDING)[odd]),
            ("json-answer", (COLOR, COUNT)[odd], prompts.VQA_JSON) if number % 3 else ("chain-of-thought", COUNT, prompts.DEFAULT + prompts.THINK)]
    out = []
    for form, (topic, pattern), system in plan:
        q = ask(rng, topic, pattern, scene)
        if q:
            answer = answer_text("vqa" if form == "json-answer" else "plain", form == "chain-of-thought", q)
            out.append(dict(kind=form, topic=topic, **({"system": system} if system else {}), question=q.text, answer=answer))
    return out


def main(folder):
    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(SEED)
    scenes = [generated(rng, n, kind, *grid) for n, kind, grid in GENERATED]
    rows = []
    for i, scene in enumerate(scenes + hand_made()):
        style, k = ("generated", i + 1) if i < len(scenes) else ("hand-made", i + 1 - len(scenes))
        file = f"{style}-{k}.png"
        Image.fromarray(scene["img"]).save(os.path.join(folder, file), optimize=True)
        rows.append(dict(file=file, width=scene["w"], height=scene["h"], style=style, questions=questions_about(rng, scene, i)))
    with open(os.path.join(folder, "samples.json"), "w") as f:
        f.write(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
