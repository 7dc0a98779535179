"""Questions about a scene and their right answers.

Every maker takes (rng, scene) and returns a Question, or None where the scene does not allow one. Objects are named in
reading order from left to right; boxes are [xmin, ymin, xmax, ymax] on a grid of 0…1024 over the whole picture.
"""
import json
from collections import Counter
from dataclasses import dataclass

from domain import pick
from prompts import system_message
from world import COLOR_NAMES, PLURAL, SHAPES

GRID = 1024     # boxes live on 0…GRID
STEP = 8        # and are written in multiples of this
NUMBER_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight"]
GROUNDED = {"describe_and_locate", "locate", "locate_class"}

LOCATE = ["Locate the {}.", "Find the {}.", "Where is the {}? Give its box.", "Detect the {}.", "Show me the {}.", "Ground the phrase: {}", "Locate: {}"]
LOCATE_ALL = ["Find all {}.", "Locate all {}.", "Detect all {}.", "Locate every {1}.", "Find the {}.", "Locate the {}.", "Show all {}."]
EVERYTHING = ["Describe and locate all visible objects in this image.", "Locate all objects.", "Find every object.", "Detect all objects.",
              "Find all objects in the image.", "Locate all visible objects.", "Detect everything.", "Where are the objects? Give boxes.",
              "Find all shapes.", "Locate all shapes in this picture.", "Describe and locate the objects."]
CAPTION = ["Describe the image.", "Describe this image.", "What do you see?", "Write a caption.", "Caption this image.", "Describe the picture.",
           "Describe the scene.", "What does the image show?", "Give a short description."]
LIST = ["What is in this image?", "What is in the image?", "What objects are in this image?", "Which objects are visible?", "List the objects.",
        "What can you see in this picture?"]
COUNT = ["How many {} are there?", "How many {} are in the image?", "Count the {}."]
EXIST = ["Is there {}?", "Is there {} in the image?", "Do you see {}?", "Does the image contain {}?"]


@dataclass(frozen=True)
class Question:
    """A question, its answer, and the reasoning that a chain of thought writes before the answer."""

    kind: str
    text: str
    answer: str
    reasoning: str


# ------------------------------------------------------------------ words
def choose(rng, xs):
    """One of xs, evenly."""
    return xs[int(rng.integers(len(xs)))]


def name(o):
    """'red circle'"""
    return f"{o['color']} {o['shape']}"


def a(noun):
    """'a circle', 'an orange circle'"""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def capital(sentence):
    """The sentence with a capital first letter."""
    return sentence[0].upper() + sentence[1:]


def color_word(rng):
    """American more often than British spelling."""
    return "color" if rng.random() < 0.7 else "colour"


def objects_word(rng):
    """Some plural for whatever is in the picture."""
    return choose(rng, ["objects", "objects", "shapes", "things"])


def left_to_right(objects):
    """The objects in the order in which captions and boxes name them."""
    return sorted(objects, key=lambda o: o["box"][0] + o["box"][2])


def same_name(objects):
    """[((color, shape), [objects])] in order of first appearance"""
    g = {}
    for o in objects:
        g.setdefault((o["color"], o["shape"]), []).append(o)
    return list(g.items())


def phrase(color, shape, k):
    """'red circle' or 'red circles'"""
    return f"{color} {shape}" if k == 1 else f"{color} {PLURAL[shape]}"


def inventory(scene):
    """'a red circle, two blue stars and a green ring'"""
    parts = [a(phrase(c, s, 1)) if len(v) == 1 else f"{NUMBER_WORDS[len(v)]} {phrase(c, s, len(v))}"
             for (c, s), v in same_name(left_to_right(scene["objects"]))]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def caption(scene):
    """'A red circle on a plain background.'"""
    return f"{capital(inventory(scene))} on {a(scene['back'])} background."


# ------------------------------------------------------------------ places
def on_grid(v):
    """A share of the picture side as a coordinate."""
    return int(min(GRID, max(0, round(v * GRID / STEP) * STEP)))


def grid_box(scene, o):
    """The object's box on the grid."""
    b = o["box"]
    return [on_grid(b[0] / scene["w"]), on_grid(b[1] / scene["h"]), on_grid(b[2] / scene["w"]), on_grid(b[3] / scene["h"])]


def center(scene, o):
    """Centre of the box as shares of the picture sides."""
    b = o["box"]
    return (b[0] + b[2]) / 2 / scene["w"], (b[1] + b[3]) / 2 / scene["h"]


def region(scene, o):
    """Which ninth of the picture the centre is in."""
    x, y = center(scene, o)
    third = lambda v: 0 if v < 1 / 3 else (1 if v < 2 / 3 else 2)
    return [["top left", "top", "top right"], ["left", "center", "right"], ["bottom left", "bottom", "bottom right"]][third(y)][third(x)]


def grounding(scene, sentence, groups):
    """The JSON answer with boxes; groups: [(phrase, [objects])]."""
    rows = [{"phrase": p, "grounding": [grid_box(scene, o) for o in v]} for p, v in groups]
    return json.dumps({"phrase_grounding": {"sentence": sentence, "groundings": rows}}, separators=(",", ":"))


def found(scene, what, objects):
    """-> sentence ('Two red circles.') and the JSON that grounds it"""
    k = len(objects)
    sentence = (capital(a(what)) if k == 1 else f"{capital(NUMBER_WORDS[k])} {what}") + "."
    return sentence, grounding(scene, sentence, [(what, left_to_right(objects))])


# ------------------------------------------------------------------ which objects a question may mean
def unique(scene, key):
    """The objects that share `key` with no other."""
    n = Counter(key(o) for o in scene["objects"])
    return [o for o in scene["objects"] if n[key(o)] == 1]


def referent(rng, scene, o):
    """A short unambiguous name of an object with a unique full name."""
    if all(p["shape"] != o["shape"] for p in scene["objects"] if p is not o) and rng.random() < 0.4:
        return o["shape"]
    return name(o)


def absent(rng, scene):
    """A colour and a shape that occur, or could occur, but not together; None if hard to find."""
    have = {(o["color"], o["shape"]) for o in scene["objects"]}
    for _ in range(30):
        if rng.random() < 0.7:
            o, p = choose(rng, scene["objects"]), choose(rng, scene["objects"])
            z = rng.random()
            if z < 0.5:
                c, s = o["color"], p["shape"]
            elif z < 0.75:
                c, s = o["color"], choose(rng, SHAPES)
            else:
                c, s = choose(rng, COLOR_NAMES), o["shape"]
        else:
            c, s = choose(rng, COLOR_NAMES), choose(rng, SHAPES)
        if (c, s) not in have:
            return c, s
    return None


# ------------------------------------------------------------------ makers
def ask_describe_and_locate(rng, scene):
    groups = [(phrase(c, s, len(v)), v) for (c, s), v in same_name(left_to_right(scene["objects"]))]
    return Question("describe_and_locate", choose(rng, EVERYTHING), grounding(scene, caption(scene), groups), f"I see {inventory(scene)}.")


def ask_caption(rng, scene):
    return Question("caption", choose(rng, CAPTION), caption(scene), f"I see {inventory(scene)}.")


def ask_list(rng, scene):
    return Question("list", choose(rng, LIST), inventory(scene), f"I see {inventory(scene)}.")


def ask_locate(rng, scene):
    (c, s), v = choose(rng, same_name(scene["objects"]))
    what = phrase(c, s, len(v))
    text = choose(rng, LOCATE).format(what) if len(v) == 1 else choose(rng, LOCATE_ALL).format(what, phrase(c, s, 1))
    _, answer = found(scene, what, v)
    return Question("locate", text, answer, f"I see {inventory(scene)}. {capital(NUMBER_WORDS[len(v)])} {what}.")


def ask_locate_class(rng, scene):
    if rng.random() < 0.65:
        s = choose(rng, scene["objects"])["shape"]
        v, one, many = [o for o in scene["objects"] if o["shape"] == s], s, PLURAL[s]
    else:
        c, w = choose(rng, scene["objects"])["color"], objects_word(rng)
        v, one, many = [o for o in scene["objects"] if o["color"] == c], f"{c} {w[:-1]}", f"{c} {w}"
    what = one if len(v) == 1 else many
    _, answer = found(scene, what, v)
    if len(v) == 1 and rng.random() < 0.5:
        text = choose(rng, LOCATE).format(one)
    else:
        text = choose(rng, LOCATE_ALL).format(many, one)
    return Question("locate_class", text, answer, f"I see {inventory(scene)}. {capital(NUMBER_WORDS[len(v)])} {what}.")


def ask_locate_absent(rng, scene):
    t = absent(rng, scene)
    if not t:
        return None
    what = f"{t[0]} {t[1]}"
    return Question("locate_absent", choose(rng, LOCATE).format(what), f"There is no {what}.", f"I see {inventory(scene)}. There is no {what}.")


def ask_count(rng, scene):
    z, objects = rng.random(), scene["objects"]
    if z < 0.25:
        what, k = objects_word(rng), len(objects)
    elif z < 0.65:
        s = choose(rng, objects)["shape"] if rng.random() < 0.8 else choose(rng, SHAPES)
        what, k = PLURAL[s], sum(o["shape"] == s for o in objects)
    elif z < 0.9:
        c = choose(rng, objects)["color"] if rng.random() < 0.8 else choose(rng, COLOR_NAMES)
        what, k = f"{c} {objects_word(rng)}", sum(o["color"] == c for o in objects)
    else:
        t = choose(rng, same_name(objects))[0] if rng.random() < 0.75 else absent(rng, scene)
        if not t:
            return None
        what, k = f"{t[0]} {PLURAL[t[1]]}", sum((o["color"], o["shape"]) == t for o in objects)
    forms = COUNT + [["How many {} can you see?"], ["How many {} do you see?"], ["How many {} do you see?"], []][(z >= 0.25) + (z >= 0.65) + (z >= 0.9)]
    return Question("count", choose(rng, forms).format(what), str(k), f"I see {inventory(scene)}. That makes {k} {what}.")


def ask_color(rng, scene):
    u = unique(scene, lambda o: o["shape"])
    if not u:
        return None
    o, w = choose(rng, u), color_word(rng)
    text = choose(rng, [f"What {w} is the {o['shape']}?", f"Which {w} is the {o['shape']}?", f"What is the {w} of the {o['shape']}?"])
    return Question("color", text, o["color"], f"I see {inventory(scene)}. The {o['shape']} is {o['color']}.")


def ask_shape(rng, scene):
    u = unique(scene, lambda o: o["color"])
    if not u:
        return None
    o = choose(rng, u)
    c = o["color"]
    text = choose(rng, [f"What shape is the {c} object?", f"What is the {c} object?", f"Which shape is {c}?", f"What shape is {c}?"])
    return Question("shape", text, o["shape"], f"I see {inventory(scene)}. The {c} object is {a(o['shape'])}.")


def ask_exist(rng, scene):
    yes, z = rng.random() < 0.5, rng.random()
    if z < 0.5:
        o = choose(rng, scene["objects"])
        t = (o["color"], o["shape"]) if yes else absent(rng, scene)
        if not t:
            return None
        what = f"{t[0]} {t[1]}"
    elif z < 0.8:
        have = {o["shape"] for o in scene["objects"]}
        what = choose(rng, sorted(have)) if yes else choose(rng, [s for s in SHAPES if s not in have])
    else:
        have = {o["color"] for o in scene["objects"]}
        what = (choose(rng, sorted(have)) if yes else choose(rng, [c for c in COLOR_NAMES if c not in have])) + " object"
    end = f"There is {a(what)}." if yes else f"There is no {what}."
    return Question("exist", choose(rng, EXIST).format(a(what)), "yes" if yes else "no", f"I see {inventory(scene)}. {end}")


def ask_where(rng, scene):
    u = unique(scene, name)
    if not u:
        return None
    o = choose(rng, u)
    n = referent(rng, scene, o)
    x, y = (on_grid(v) for v in center(scene, o))
    return Question("where", choose(rng, [f"Where is the {n}?", f"In which part of the image is the {n}?"]), region(scene, o), f"The {n} is at x {x} and y {y}.")


MAKERS = {"describe_and_locate": ask_describe_and_locate, "caption": ask_caption, "list": ask_list, "locate": ask_locate,
          "locate_class": ask_locate_class, "locate_absent": ask_locate_absent, "count": ask_count, "color": ask_color,
          "shape": ask_shape, "exist": ask_exist, "where": ask_where}


# ------------------------------------------------------------------ dialogues
def kinds_for(rng, domain, mode, reasoned):
    """The kinds of the questions asked about one scene, most important first: later ones may not fit into a row."""
    if mode == "grounding":
        return ["describe_and_locate", "locate", "locate_class"] + ([] if reasoned else ["locate", "locate_class", "locate_absent"])
    if reasoned:
        return [pick(rng, domain.reasoned) for _ in range(7)]
    if mode == "vqa":
        return [pick(rng, domain.questions) for _ in range(9)] + ["list", "caption"]
    return (["locate", "describe_and_locate" if rng.random() < 0.6 else "locate_class", "caption", "locate", "count", "where",
             "locate_absent" if rng.random() < 0.5 else "exist", "list" if rng.random() < 0.6 else "locate_class"]
            + [pick(rng, domain.questions) for _ in range(7)])


def answer_text(mode, reasoned, question):
    """The answer in the form that the system message of this mode asks for."""
    text = question.answer
    if mode == "vqa":
        text = json.dumps({"vqa": {"answer": text}}, separators=(",", ":"))
    return f"<think>{question.reasoning}</think><answer>{text}</answer>" if reasoned else text


def examples(rng, makers, kinds, subject, mode, reasoned):
    """[(kind, question, answer)] of these kinds about a scene, a pair or a clip, without repeated questions."""
    turns, asked = [], set()
    for kind in kinds:
        q = makers[kind](rng, subject)
        if q and q.text not in asked:
            asked.add(q.text)
            turns.append((q.kind, q.text, answer_text(mode, reasoned, q)))
    return turns


def dialogue(rng, domain, scene):
    """-> (system message, reasoned, [(kind, question, answer)]): independent single-turn examples about one scene"""
    z = rng.random()
    mode = "plain" if z < 0.66 else ("vqa" if z < 0.83 else "grounding")
    reasoned = rng.random() < 0.14
    return system_message(rng, mode, reasoned), reasoned, examples(rng, MAKERS, kinds_for(rng, domain, mode, reasoned), scene, mode, reasoned)


def short_dialogue(rng, makers, kinds, subject):
    """The same about two pictures or a clip: short answers only, plain or as JSON."""
    mode = "plain" if rng.random() < 0.75 else "vqa"
    return system_message(rng, mode, False), False, examples(rng, makers, [pick(rng, kinds) for _ in range(14)], subject, mode, False)
