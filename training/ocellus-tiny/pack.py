"""Turns scenes and dialogues into training rows.

One row holds the system message and the pictures or the clip once, followed by several independent question/answer branches. A branch
attends to the prefix and to itself only, and its positions restart after the prefix, so that every branch is exactly the
single-turn example that inference sees, while the picture is encoded once.
"""
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from questions import GRID, GROUNDED
from world import CELL

PATCH, MERGE, WINDOW = 14, 2, 4      # pixels of a patch, patches and cells per side of a merged cell and of an attention window
PLAIN_WEIGHT, COORDINATE_WEIGHT = 3.0, 4.0    # loss weights of the tokens of plain answers and of box coordinates; all others 1
TOKENS_PER_SECOND = 4                # positions that the slices of a clip are apart, per second
PAD, SHARED = -1, 0                  # segment numbers: padding, prefix; branches count from 1


def window_order(rows, columns):
    """Cells in the order of the vision tower's windows, and the window of each."""
    order, window = [], []
    for k, (y, x) in enumerate((y, x) for y in range(0, rows, WINDOW) for x in range(0, columns, WINDOW)):
        for yy in range(y, min(rows, y + WINDOW)):
            for xx in range(x, min(columns, x + WINDOW)):
                order.append(yy * columns + xx)
                window.append(k)
    return np.array(order), np.array(window)


def patches(frames, order):
    """uint8 [frames,h,w,3] -> [patches, 588 · frames] (channel, frame, y, x), the four patches of a cell together, cells in the given order"""
    n, h, w, _ = frames.shape
    cells = frames.reshape(n, h // CELL, MERGE, PATCH, w // CELL, MERGE, PATCH, 3).transpose(1, 4, 2, 5, 7, 0, 3, 6)
    width = n * 3 * PATCH * PATCH
    return np.ascontiguousarray(cells.reshape((h // CELL) * (w // CELL), MERGE * MERGE, width)[order].reshape(-1, width))


@dataclass(frozen=True)
class Visual:
    """A picture or a clip in a prompt. time_step: distance of two slices of a clip in positions."""

    pad: str = "<|image_pad|>"
    slices: int = 1
    time_step: float = 1


class Packer:
    """Encodes text and lays out rows."""

    def __init__(self, tokenizer_path):
        self.tokenizer = Tokenizer.from_file(tokenizer_path)
        self.cache = {}
        self.id = self.tokenizer.token_to_id
        self.number = {self.encode(str(n))[0]: n for n in range(GRID + 1)}
        end = [self.id("<|im_end|>")] + self.encode("\n") + [self.id("<|im_start|>")]
        self.to_user = end + self.encode("user\n")
        self.to_assistant = end + self.encode("assistant\n")

    def encode(self, text):
        """Token ids, remembered."""
        ids = self.cache.get(text)
        if ids is None:
            ids = self.tokenizer.encode(text).ids
            if len(self.cache) < 200000:
                self.cache[text] = ids
        return ids

    def prefix(self, system, visuals, rows, columns):
        """-> ids, positions [(t, y, x)], the next position, indices of the visual tokens"""
        ids = [self.id("<|im_start|>")] + self.encode("system\n" + system) + self.to_user
        pos = [(i, i, i) for i in range(len(ids))]
        p, at = len(ids), []
        for v in visuals:
            ids.append(self.id("<|vision_start|>"))
            pos.append((p, p, p))
            p += 1
            at += range(len(ids), len(ids) + v.slices * rows * columns)
            ids += [self.id(v.pad)] * (v.slices * rows * columns)
            pos += [(p + int(t * v.time_step), p + y, p + x) for t in range(v.slices) for y in range(rows) for x in range(columns)]
            p += max(rows, columns)
            ids.append(self.id("<|vision_end|>"))
            pos.append((p, p, p))
            p += 1
        return ids, pos, p, at

    def row(self, system, reasoned, visuals, rows, columns, turns, length):
        """One padded row as a dict of lists; branches that no longer fit are left out.

        predict: rows of the hidden states that are scored; target and weight: one per scored state; coordinate: the number
        0…1024 of a box coordinate, else -1; box: 1 where the next four numbers are a box.
        """
        ids, pos, p0, at = self.prefix(system, visuals, rows, columns)
        seg = [SHARED] * len(ids)
        r = dict(predict=[], target=[], weight=[], coordinate=[], box=[])
        branch = 0
        for kind, question, answer in turns:
            q = self.encode(question) + self.to_assistant
            out = self.encode(answer) + [self.id("<|im_end|>")]
            n = len(q) + len(out) - 1
            if len(ids) + n > length:
                continue
            branch += 1
            start = len(ids) + len(q) - 1
            ids += (q + out)[:n]
            pos += [(p0 + i,) * 3 for i in range(n)]
            seg += [branch] * n
            blurred = kind in GROUNDED or (reasoned and kind == "where")
            weight = PLAIN_WEIGHT if kind not in GROUNDED and not reasoned else 1.0
            numbers = 0
            for i, t in enumerate(out):
                is_number = blurred and t in self.number
                r["predict"].append(start + i)
                r["target"].append(t)
                r["weight"].append(COORDINATE_WEIGHT if is_number else weight)
                r["coordinate"].append(self.number[t] if is_number else -1)
                r["box"].append(1 if is_number and kind in GROUNDED and numbers % 4 == 0 else 0)
                numbers += is_number
        pad = length - len(ids)
        return dict(r, ids=ids + [self.id("<|endoftext|>")] * pad, pos=pos + [(0, 0, 0)] * pad, seg=seg + [PAD] * pad, at=at)
