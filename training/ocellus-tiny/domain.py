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


DOMAIN = Domain(
    grids=(((6, 6), 0.88), ((5, 6), 0.02), ((6, 5), 0.02), ((5, 7), 0.02), ((7, 5), 0.02), ((4, 7), 0.02), ((7, 4), 0.02)),
    objects=((1, 0.30), (2, 0.40), (3, 0.30)),
    radii=(((0.10, 0.15), 0.6), ((0.15, 0.235), 0.4)),
    backgrounds=(("bright-or-dark", 0.65), ("plain", 0.17), ("gradient", 0.18)),
    styles=(("flat", 0.55), ("shaded", 0.20), ("outlined", 0.25)),
    turn=0.5,
    questions=(("count", 4), ("color", 1), ("shape", 1), ("exist", 2), ("where", 2)),
    reasoned=(("count", 3), ("where", 1), ("exist", 1), ("color", 1), ("shape", 1)),
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
