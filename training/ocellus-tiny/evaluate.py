"""python evaluate.py FOLDER [--scenes 300] [--json REPORT.json]: measures a checkpoint folder on held-out scenes of DOMAIN.

Greedy generation in transformers, once without and once with a repetition penalty of 1.05. The scenes come from seeds that
training does not use; they are drawn at twice the model's resolution and go through the image processor.
"""
import argparse
import json
import os
import re
import time
from dataclasses import replace

import numpy as np
import torch
from PIL import Image

import prompts
from clip import SLICE, make_clip
from clip_questions import CLIP_MAKERS
from domain import DOMAIN, pick
from hf import Clip, Reference
from pair_questions import PAIR_MAKERS, likeness
from questions import CAPTION, EVERYTHING, LIST, MAKERS, NUMBER_WORDS, caption, inventory
from world import CELL, COLORS, PLURAL, SHAPES, make_scene

SINGULAR = {v: k for k, v in PLURAL.items()} | {w + "s": "object" for w in ("object", "shape", "thing")} | {"shape": "object", "thing": "object"}
HELD_OUT = 900000       # seeds of training stay far below


def scenes(domain, n, seed):
    """-> random generator, n scenes at twice the training resolution"""
    rng = np.random.default_rng(HELD_OUT + seed)
    grids = [g for g, _ in domain.grids]
    sizes = [grids[i % len(grids)] for i in range(n)]
    return rng, [make_scene(rng, domain, rows * CELL * 2, columns * CELL * 2) for rows, columns in sizes]


def picture(scene):
    """The scene as a PIL picture."""
    return Image.fromarray(scene["img"])


def question(rng, kind, scene):
    """A question of this kind, or None if the scene does not allow one."""
    for _ in range(5):
        q = MAKERS[kind](rng, scene)
        if q:
            return q
    return None


# ------------------------------------------------------------------ boxes
def iou(p, q):
    """Intersection over union of two boxes."""
    w, h = min(p[2], q[2]) - max(p[0], q[0]), min(p[3], q[3]) - max(p[1], q[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((p[2] - p[0]) * (p[3] - p[1]) + (q[2] - q[0]) * (q[3] - q[1]) - w * h)


def parse_grounding(text):
    """-> (sentence, [(phrase, box)]) if the text is a well-formed grounding answer, else None"""
    try:
        p = json.loads(text)["phrase_grounding"]
        boxes = [(g["phrase"], b) for g in p["groundings"] for b in g["grounding"]]
        fine = isinstance(p["sentence"], str) and p["sentence"] and boxes and all(g["phrase"] and g["grounding"] for g in p["groundings"])
        fine = fine and all(len(b) == 4 and all(isinstance(v, int) and 0 <= v <= 1024 for v in b) for _, b in boxes)
        return (p["sentence"], boxes) if fine else None
    except (ValueError, KeyError, TypeError):
        return None


def label(phrase):
    """A phrase in the singular, with one word for 'object'."""
    return " ".join(SINGULAR.get(w, w) for w in phrase.split())


def match(found, truth):
    """Greedy matching of boxes with the same phrase -> hits at IoU 0.5, best IoU of every true box"""
    used, hits, best_ious = set(), 0, []
    for phrase, box in truth:
        best, at = 0.0, None
        for i, (p, b) in enumerate(found):
            if i not in used and label(p) == label(phrase) and iou(box, b) > best:
                best, at = iou(box, b), i
        best_ious.append(best)
        if best >= 0.5:
            hits += 1
            used.add(at)
    return hits, best_ious


def grounding_scores(answers, truths):
    """Recall, precision and mean IoU over all pictures. An answer "There is no …" counts as says_none; json_valid is over the others."""
    valid = hits = found = true = same = 0
    none = sum(a.startswith("There is no ") for a in answers)
    ious = []
    for answer, truth in zip(answers, truths):
        sentence, boxes = parse_grounding(answer) or ("", [])
        gold_sentence, gold = parse_grounding(truth)
        k, best = match(boxes, gold)
        valid, same, hits, found, true = valid + bool(boxes), same + (sentence == gold_sentence), hits + k, found + len(boxes), true + len(gold)
        ious += best
    n = len(answers)
    return dict(json_valid=share(valid, n - none), says_none=share(none, n), recall=share(hits, true), precision=share(hits, found), mean_iou=round(float(np.mean(ious)), 3),
                sentence_exact=share(same, n), boxes=true, n=n)


# ------------------------------------------------------------------ text
def share(k, n):
    """k of n."""
    return round(k / max(1, n), 3)


def by_kind(answers, questions):
    """Exact matches per kind of question."""
    table = {}
    for answer, q in zip(answers, questions):
        table.setdefault(q.kind, []).append(answer.strip() == q.answer)
    every = [x for v in table.values() for x in v]
    return dict(exact=share(sum(every), len(every)), n=len(every), kinds={k: dict(exact=share(sum(v), len(v)), n=len(v)) for k, v in sorted(table.items())})


def objects_in(text):
    """Counts of (colour, shape) in a caption."""
    bag = {}
    for number, color, shape in re.findall(r"(\w+) (\w+) (\w+)", re.sub(r",| and ", " ; ", text.lower())):
        shape = SINGULAR.get(shape, shape)
        if color in COLORS and shape in SHAPES:
            bag[color, shape] = bag.get((color, shape), 0) + (NUMBER_WORDS.index(number) if number in NUMBER_WORDS else 1)
    return bag


def json_answer(text):
    """The answer inside {"vqa":{"answer":…}}, or None."""
    try:
        answer = json.loads(text)["vqa"]["answer"]
        return answer if isinstance(answer, str) else None
    except (ValueError, KeyError, TypeError):
        return None


# ------------------------------------------------------------------ tasks
def short_questions(domain, kinds, n, seed, per_scene):
    """Evenly over the kinds -> scenes, questions"""
    rng, drawn = scenes(domain, n, seed)
    pairs, i = [], 0
    for scene in drawn:
        for _ in range(per_scene):
            q = question(rng, kinds[i % len(kinds)], scene)
            i += 1
            if q:
                pairs.append((scene, q))
    return [s for s, _ in pairs], [q for _, q in pairs]


def about_several(domain, kinds, makers, draw, n, seed):
    """Two questions about each of n pairs or clips, evenly over the kinds -> what is shown, questions"""
    rng, shown, qs = np.random.default_rng(HELD_OUT + seed), [], []
    grids, i = [g for g, _ in domain.grids], 0
    for k in range(n):
        rows, columns = grids[k % len(grids)]
        subject, visuals = draw(rng, rows * CELL * 2, columns * CELL * 2)
        for _ in range(2):
            q = None
            while q is None:        # kinds that this one does not allow are made up for later
                i += 1
                q = makers[kinds[i % len(kinds)]](rng, subject)
            shown.append(visuals)
            qs.append(q)
    return shown, qs


def draw_pair(domain):
    """-> a drawer of pairs"""
    def draw(rng, h, w):
        like = likeness(rng)
        pair = [make_scene(rng, replace(domain, objects=domain.pair_objects), h, w, *like) for _ in range(2)]
        return pair, [picture(s) for s in pair]
    return draw


def draw_clip(domain):
    """-> a drawer of clips"""
    def draw(rng, h, w):
        clip = make_clip(rng, domain, h, w, pick(rng, domain.slices) * SLICE)
        return clip, [Clip(tuple(Image.fromarray(f) for f in clip["frames"]), pick(rng, domain.frame_rates))]
    return draw


def measure(model, domain, n, penalty, tasks):
    """The chosen tasks -> report"""
    report = measure_pictures(model, domain, n, penalty) if "pictures" in tasks else {}
    for name, kinds, makers, draw, seed in (("pair", domain.pair_questions, PAIR_MAKERS, draw_pair(domain), 10), ("clip", domain.clip_questions, CLIP_MAKERS, draw_clip(domain), 11)):
        if name + "s" in tasks:
            shown, qs = about_several(domain, [k for k, _ in kinds], makers, draw, n, seed)
            report[name] = by_kind(model.ask([(None, v, q.text) for v, q in zip(shown, qs)], 40, penalty), qs)
            shown, qs = about_several(domain, [k for k, _ in kinds], makers, draw, n // 2, seed + 10)
            answers = [json_answer(t) for t in model.ask([(prompts.VQA_JSON, v, q.text) for v, q in zip(shown, qs)], 60, penalty)]
            report[name + "_json"] = dict(json_valid=share(sum(a is not None for a in answers), len(answers)), **by_kind([a or "" for a in answers], qs))
    return report


def measure_pictures(model, domain, n, penalty):
    """All tasks about one picture -> report"""
    ask = lambda system, drawn, texts, tokens: model.ask([(system, picture(s), t) for s, t in zip(drawn, texts)], tokens, penalty)
    texts_of = lambda qs: [q.text for q in qs]
    kinds = [k for k, _ in domain.questions]
    report = {}
    drawn, qs = short_questions(domain, kinds, n, 1, 3)
    report["vqa"] = by_kind(ask(None, drawn, texts_of(qs), 12), qs)

    drawn, qs = short_questions(domain, kinds, n, 2, 1)
    answers = [json_answer(t) for t in ask(prompts.VQA_JSON, drawn, texts_of(qs), 24)]
    report["vqa_json"] = dict(json_valid=share(sum(a is not None for a in answers), len(answers)), **by_kind([a or "" for a in answers], qs))

    rng, drawn = scenes(domain, n, 3)
    qs = [MAKERS[("locate", "locate_class")[i % 2]](rng, s) for i, s in enumerate(drawn)]
    report["locate"] = grounding_scores(ask(None, drawn, texts_of(qs), 170), [q.answer for q in qs])

    for task, system, seed in (("describe_and_locate", None, 4), ("describe_and_locate_system", prompts.GROUNDING, 5)):
        rng, drawn = scenes(domain, n, seed)
        truths = [MAKERS["describe_and_locate"](rng, s).answer for s in drawn]
        report[task] = grounding_scores(ask(system, drawn, [EVERYTHING[0]] * n, 220), truths)

    rng, drawn = scenes(domain, n, 6)
    pairs = [(s, q) for s in drawn if (q := question(rng, "locate_absent", s))]
    report["locate_absent"] = by_kind(ask(None, [s for s, _ in pairs], [q.text for _, q in pairs], 24), [q for _, q in pairs])

    rng, drawn = scenes(domain, n, 7)
    answers, truths = ask(None, drawn, [CAPTION[i % len(CAPTION)] for i in range(n)], 64), [caption(s) for s in drawn]
    bags = [(objects_in(a), objects_in(t)) for a, t in zip(answers, truths)]
    same = sum(min(a.get(k, 0), v) for a, t in bags for k, v in t.items())
    report["caption"] = dict(exact=share(sum(a == t for a, t in zip(answers, truths)), n), object_recall=share(same, sum(sum(t.values()) for _, t in bags)),
                             object_precision=share(same, sum(sum(a.values()) for a, _ in bags)), n=n)

    rng, drawn = scenes(domain, n, 8)
    answers = ask(None, drawn, [LIST[i % len(LIST)] for i in range(n)], 64)
    report["list"] = dict(exact=share(sum(a == inventory(s) for a, s in zip(answers, drawn)), n), n=n)

    drawn, qs = short_questions(domain, [k for k, _ in domain.reasoned], n, 9, 1)
    forms = [re.fullmatch(r"<think>(.+?)</think>\s*<answer>(.*?)</answer>", t.strip(), re.S)
             for t in ask(prompts.DEFAULT + prompts.THINK, drawn, texts_of(qs), 110)]
    report["chain_of_thought"] = dict(form=share(sum(f is not None for f in forms), len(forms)), **by_kind([f.group(2) if f else "" for f in forms], qs))
    return report


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder")
    ap.add_argument("--scenes", type=int, default=300)
    ap.add_argument("--json", default="")
    ap.add_argument("--penalties", type=float, nargs="+", default=[1.0, 1.05])
    ap.add_argument("--oblong", action="store_true", help="pictures that are not square, instead of square ones")
    ap.add_argument("--tasks", nargs="+", default=["pictures", "pairs", "clips"])
    ap.add_argument("--threads", type=int, default=1)
    args = ap.parse_args()
    os.nice(5)
    torch.set_num_threads(args.threads)
    domain = replace(DOMAIN, grids=tuple(g for g in DOMAIN.grids if (g[0][0] != g[0][1]) == args.oblong))
    model, began = Reference(args.folder), time.time()
    report = dict(scenes=args.scenes, pictures="oblong" if args.oblong else "square", penalties={})
    for penalty in args.penalties:
        report["penalties"][str(penalty)] = measure(model, domain, args.scenes, penalty, args.tasks)
        print(json.dumps(report["penalties"][str(penalty)], indent=1), flush=True)
    print("seconds", round(time.time() - began))
    if args.json:
        with open(args.json, "w") as f:
            f.write(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
