"""What the model is trained and measured on. Training, evaluation and the sample pictures all draw from DOMAIN."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Domain:
    """A distribution of scenes and questions. Pairs are (value, weight); weights need not add up to one."""

    grids: tuple        # picture sizes as (rows, columns) of 28-pixel cells
    objects: tuple      # number of objects
    radii: tuple        # (lowest, highest) radius as a share of the shorter side
    backgrounds: tuple  # "bright-or-dark" (plain), "plain" (any tone), "gradient"
    styles: tuple       # per object: "flat", "shaded", "outlined"
    turn: float         # share of each shape's largest rotation
    questions: tuple    # question kinds with a short answer
    reasoned: tuple     # question kinds answered with a chain of thought
    prompts: tuple      # what stands before the question: "picture", "pair" of pictures, "clip"
    pair_objects: tuple     # number of objects in each picture of a pair
    pair_questions: tuple   # question kinds about two pictures
    events: tuple       # what happens in a clip
    clip_objects: tuple     # number of objects in a clip
    clip_questions: tuple   # question kinds about a clip
    slices: tuple       # length of a clip in slices of two frames
    frame_rates: tuple  # sampled frames of a clip per second


DOMAIN = Domain(
    grids=(((6, 6), 0.88), ((5, 6), 0.02), ((6, 5), 0.02), ((5, 7), 0.02), ((7, 5), 0.02), ((4, 7), 0.02), ((7, 4), 0.02)),
    objects=((1, 0.30), (2, 0.40), (3, 0.30)),
    radii=(((0.10, 0.15), 0.6), ((0.15, 0.235), 0.4)),
    backgrounds=(("bright-or-dark", 0.65), ("plain", 0.17), ("gradient", 0.18)),
    styles=(("flat", 0.55), ("shaded", 0.20), ("outlined", 0.25)),
    turn=0.5,
    questions=(("count", 4), ("color", 1), ("shape", 1), ("exist", 2), ("where", 2)),
    reasoned=(("count", 3), ("where", 1), ("exist", 1), ("color", 1), ("shape", 1)),
    prompts=(("picture", 0.37), ("pair", 0.48), ("clip", 0.15)),
    pair_objects=((1, 0.45), (2, 0.55)),
    pair_questions=(("pair_color", 2), ("pair_shape", 1.5), ("pair_count", 3), ("pair_exist", 1), ("pair_list", 3)),
    events=(("move", 0.55), ("appear", 0.15), ("disappear", 0.15), ("none", 0.15)),
    clip_objects=((1, 0.40), (2, 0.60)),
    clip_questions=(("clip_count", 3), ("clip_color", 1), ("clip_shape", 1), ("clip_exist", 1), ("clip_list", 3)),
    slices=((2, 0.40), (3, 0.20), (4, 0.40)),
    frame_rates=((4, 0.7), (3.7, 0.3)),
)


def pick(rng, pairs):
    """One value of a tuple of (value, weight) pairs."""
    total = sum(weight for _, weight in pairs)
    z = rng.random() * total
    for value, weight in pairs:
        z -= weight
        if z < 0:
            return value
    return pairs[-1][0]
