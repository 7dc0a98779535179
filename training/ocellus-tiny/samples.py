"""python samples.py FOLDER: draws the sample pictures and clips of the package and writes samples.json and prompts.json.

Seven pictures come from the generator of the training scenes (at another resolution and from a seed of their own), four are drawn in
styles that the generator does not have: thick contours, drop shadows, gloss.
prompts.json has prompts of two of these pictures, and of clips: an animated GIF, single frames, an MP4.
"""
import json
import os
import re
import sys
from dataclasses import replace

import av
import numpy as np
from PIL import Image, ImageDraw

import prompts
from clip import make_clip
from clip_questions import CLIP_MAKERS
from domain import DOMAIN
from pair_questions import PAIR_MAKERS
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


def ask(rng, kind, pattern, scene, makers=MAKERS):
    """A question of this kind whose text matches, or None where the scene does not allow one."""
    for _ in range(400):
        q = makers[kind](rng, scene)
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


# pairs of pictures and what is asked about them
NTH = r"the (?:first|second) image\?"
PAIR_PLAN = (("pair_color", r"What color is the \w+ in " + NTH), ("pair_count", r"How many (?!objects|shapes|things)\w+ are in " + NTH),
             ("pair_exist", r"Is there an? \w+ in " + NTH), ("pair_list", r"What is in " + NTH))
PAIRS = (("hand-made-1.png", "hand-made-3.png"), ("generated-1.png", "generated-2.png"))
CLIP_PLAN = (("clip_list", r"What is in the video\?"), ("clip_count", r"How many objects are in the video\?"),
             ("clip_color", r"What color is the \w+ in the video\?"), ("clip_exist", r"Is there an? \w+ in the video\?"))
# (seed, event, form, frames); the form "frames" has four frames a second
CLIPS = ((3, "move", "gif", 16), (4, "appear", "frames", 4), (5, "disappear", "mp4", 20))
FRAME_RATE, SIDE = 10, 8 * CELL


def several(rng, plan, makers, subject):
    """Plain questions, the first one also as JSON."""
    asked = [q for topic, pattern in plan if (q := ask(rng, topic, pattern, subject, makers))]
    rows = [dict(kind="answer", topic=q.kind, question=q.text, answer=q.answer) for q in asked]
    return rows + [dict(kind="json-answer", topic=q.kind, system=prompts.VQA_JSON, question=q.text, answer=answer_text("vqa", False, q)) for q in asked[1:2]]


def write_clip(folder, name, form, frames):
    """Writes a clip and -> the part of a message that shows it."""
    pictures = [Image.fromarray(f) for f in frames]
    if form == "frames":
        files = [f"clips/{name}-{i + 1}.png" for i in range(len(pictures))]
        for file, picture in zip(files, pictures):
            picture.save(os.path.join(folder, file), optimize=True)
        return dict(type="video", frames=files, fps=4)
    file = f"clips/{name}.{form}"
    if form == "gif":
        colors = pictures[0].quantize(64, dither=Image.Dither.NONE)
        flat = [p.quantize(palette=colors, dither=Image.Dither.NONE) for p in pictures]
        flat = [f for i, f in enumerate(flat) if i == 0 or f.tobytes() != flat[i - 1].tobytes()]    # Pillow would merge equal frames into a longer one
        flat[0].save(os.path.join(folder, file), save_all=True, append_images=flat[1:], duration=round(1000 / FRAME_RATE), loop=0, optimize=False)
    else:
        with av.open(os.path.join(folder, file), "w") as out:
            stream = out.add_stream("libx264", rate=FRAME_RATE, options=dict(crf="20", preset="veryslow"))
            stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
            for frame in frames:
                out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            out.mux(stream.encode())
    return dict(type="video", source=file)


def several_prompts(folder, scenes):
    """Prompts of two pictures or a clip. scenes: file name -> scene"""
    rows = []
    for i, files in enumerate(PAIRS):
        questions = several(np.random.default_rng(SEED + i), PAIR_PLAN, PAIR_MAKERS, [scenes[f] for f in files])
        rows.append(dict(name=f"pair-{i + 1}", parts=[dict(type="image", source=f) for f in files], questions=questions))
    os.makedirs(os.path.join(folder, "clips"), exist_ok=True)
    domain = replace(DOMAIN, styles=(("flat", 1),), backgrounds=(("bright-or-dark", 1),), clip_objects=((2, 1),))
    for i, (seed, event, form, frames) in enumerate(CLIPS):
        rng, name = np.random.default_rng(SEED * 100 + seed), f"clip-{i + 1}"
        clip = make_clip(rng, replace(domain, events=((event, 1),)), SIDE, SIDE, frames)
        part = write_clip(folder, name, form, clip["frames"])
        rows.append(dict(name=name, parts=[part], questions=several(rng, CLIP_PLAN, CLIP_MAKERS, clip)))
    return rows


def write_rows(path, rows):
    """A list as JSON."""
    with open(path, "w") as f:
        f.write(json.dumps(rows, indent=1) + "\n")


def main(folder):
    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(SEED)
    scenes = [generated(rng, n, kind, *grid) for n, kind, grid in GENERATED]
    rows, named = [], {}
    for i, scene in enumerate(scenes + hand_made()):
        style, k = ("generated", i + 1) if i < len(scenes) else ("hand-made", i + 1 - len(scenes))
        file = f"{style}-{k}.png"
        Image.fromarray(scene["img"]).save(os.path.join(folder, file), optimize=True)
        rows.append(dict(file=file, width=scene["w"], height=scene["h"], style=style, questions=questions_about(rng, scene, i)))
        named[file] = scene
    write_rows(os.path.join(folder, "samples.json"), rows)
    write_rows(os.path.join(folder, "prompts.json"), several_prompts(folder, named))


if __name__ == "__main__":
    main(sys.argv[1])
