"""Questions about two pictures in one prompt. Every maker takes (rng, [scene, scene]), like the makers of questions.py."""
from questions import Question, ask_exist, ask_list, choose, color_word, objects_word, unique
from world import COLOR_NAMES, PLURAL, SHAPES

ORDINALS = ["first", "second"]


def one_of(rng, pair):
    """-> one of the scenes, 'first image' or the like"""
    i = int(rng.integers(2))
    return pair[i], f"{ORDINALS[i]} {'image' if rng.random() < 0.75 else 'picture'}"


def ask_attribute(rng, pair, by, wanted, forms):
    """The colour of a shape, or the shape of a colour, in one of the pictures."""
    scene, which = one_of(rng, pair)
    u = unique(scene, lambda o: o[by])
    if not u:
        return None
    o = choose(rng, u)
    return Question(f"pair_{wanted}", choose(rng, forms).format(o[by], which, color_word(rng)), o[wanted], "")


def ask_pair_color(rng, pair):
    return ask_attribute(rng, pair, "shape", "color", ["What {2} is the {0} in the {1}?", "In the {1}, what {2} is the {0}?"])


def ask_pair_shape(rng, pair):
    return ask_attribute(rng, pair, "color", "shape", ["What shape is the {0} object in the {1}?", "What is the {0} object in the {1}?"])


def ask_pair_count(rng, pair):
    scene, which = one_of(rng, pair)
    if rng.random() < 0.5:
        what, k = objects_word(rng), len(scene["objects"])
    else:       # as often of a shape that the other picture has
        s = choose(rng, choose(rng, pair)["objects"])["shape"]
        what, k = PLURAL[s], sum(o["shape"] == s for o in scene["objects"])
    return Question("pair_count", choose(rng, ["How many {0} are in the {1}?", "How many {0} are there in the {1}?"]).format(what, which), str(k), "")


def ask_pair_exist(rng, pair):
    scene, which = one_of(rng, pair)
    q = ask_exist(rng, scene)
    return q and Question("pair_exist", f"{q.text.removesuffix('?').removesuffix(' in the image').replace('Does the image contain', 'Is there')} in the {which}?", q.answer, "")


def ask_pair_list(rng, pair):
    scene, which = one_of(rng, pair)
    return Question("pair_list", choose(rng, ["What is in the {0}?", "What does the {0} show?"]).format(which), ask_list(rng, scene).answer, "")


PAIR_MAKERS = {"pair_color": ask_pair_color, "pair_shape": ask_pair_shape, "pair_count": ask_pair_count, "pair_exist": ask_pair_exist,
               "pair_list": ask_pair_list}


def likeness(rng):
    """(shapes, colours) that both pictures of a pair choose from; None: any. Without it they would hardly have anything in common."""
    few = lambda names, most, share: sorted(str(n) for n in rng.permutation(names)[:int(rng.integers(2, most + 1))]) if rng.random() < share else None
    return few(SHAPES, 4, 0.65), few(COLOR_NAMES, 3, 0.6)
