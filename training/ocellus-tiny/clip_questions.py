"""Questions about a clip. Every maker takes (rng, clip) of clip.py, like the makers of questions.py."""
from questions import Question, ask_exist, choose, color_word, inventory, objects_word, unique
from world import PLURAL, SHAPES

VIDEO = ["video", "video", "clip"]


def ask_clip_count(rng, clip):
    objects = clip["objects"]
    if rng.random() < 0.5:
        what, k = objects_word(rng), len(objects)
    else:
        s = choose(rng, objects)["shape"] if rng.random() < 0.85 else choose(rng, SHAPES)
        what, k = PLURAL[s], sum(o["shape"] == s for o in objects)
    text = choose(rng, ["How many {0} are in the {1}?", "How many {0} are there in the {1}?"])
    return Question("clip_count", text.format(what, choose(rng, VIDEO)), str(k), "")


def ask_clip_color(rng, clip):
    u = unique(clip, lambda o: o["shape"])
    if not u:
        return None
    o = choose(rng, u)
    text = choose(rng, ["What {0} is the {1}?", "What {0} is the {1} in the {2}?"])
    return Question("clip_color", text.format(color_word(rng), o["shape"], choose(rng, VIDEO)), o["color"], "")


def ask_clip_shape(rng, clip):
    u = unique(clip, lambda o: o["color"])
    if not u:
        return None
    o = choose(rng, u)
    text = choose(rng, ["What shape is the {0} object?", "What shape is the {0} object in the {1}?"])
    return Question("clip_shape", text.format(o["color"], choose(rng, VIDEO)), o["shape"], "")


def ask_clip_exist(rng, clip):
    q = ask_exist(rng, clip)
    return q and Question("clip_exist", f"{q.text.removesuffix('?').removesuffix(' in the image').replace('Does the image contain', 'Is there')} in the {choose(rng, VIDEO)}?", q.answer, "")


def ask_clip_list(rng, clip):
    text = choose(rng, ["What is in the {0}?", "What objects are in the {0}?", "What does the {0} show?"]).format(choose(rng, VIDEO))
    return Question("clip_list", text, inventory(clip), "")


CLIP_MAKERS = {"clip_count": ask_clip_count, "clip_color": ask_clip_color, "clip_shape": ask_clip_shape, "clip_exist": ask_clip_exist, "clip_list": ask_clip_list}
