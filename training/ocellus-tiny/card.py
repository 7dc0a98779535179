"""python card.py SQUARE.json OBLONG.json: the table of the model card from two reports of evaluate.py."""
import json
import sys

BOXES = (("locate", "**locate a phrase**"), ("describe_and_locate", "**describe and locate all**"), ("describe_and_locate_system", "the same with the system message"))
MEASURES = (("recall", "recall at IoU 0.5"), ("precision", "precision at IoU 0.5"), ("mean_iou", "mean IoU"), ("json_valid", "valid JSON"))


def short(report, task, title):
    """Rows of short answers: all, then every kind -> [(label, path into a report, n)]"""
    kinds = report[task]["kinds"]
    return [(f"**{title}, all**", (task, "exact"), report[task]["n"])] + [
        (f"– {k.removeprefix(task + '_').replace('_', ' ')}", (task, "kinds", k, "exact"), v["n"]) for k, v in kinds.items()]


def as_json(report, task, title):
    """Rows of JSON answers."""
    return [(f"{title}: valid JSON", (task, "json_valid"), report[task]["n"]), (f"{title}: right", (task, "exact"), report[task]["n"])]


def rows(report):
    """All rows."""
    out = short(report, "vqa", "short answers") + as_json(report, "vqa_json", "JSON answers")
    for task, title in BOXES:
        r = report[task]
        out += [(f"{title}: {label}", (task, m), r["n"] if m == "json_valid" else f"{r['boxes']} boxes") for m, label in MEASURES]
        wrong = ("locate a phrase: says wrongly that there is none", "says_none") if task == "locate" else (f"{title}: sentence exact", "sentence_exact")
        out.append((wrong[0], (task, wrong[1]), r["n"]))
    one = (("absent phrase: says there is none", "locate_absent", "exact"), ("description: exact", "caption", "exact"),
           ("description: objects found", "caption", "object_recall"), ("description: objects right", "caption", "object_precision"),
           ("list of objects: exact", "list", "exact"), ("chain of thought: form", "chain_of_thought", "form"), ("chain of thought: right", "chain_of_thought", "exact"))
    out += [(label, (task, key), report[task]["n"]) for label, task, key in one]
    for task, title in (("pair", "two pictures"), ("clip", "clips")):
        out += short(report, task, title) + as_json(report, task + "_json", f"{title}, JSON answers")
    return out


def value(report, path):
    """The number at a path, to three places; a dash where a report lacks it."""
    for key in path:
        report = report.get(key, {}) if isinstance(report, dict) else {}
    return f"{report:.3f}" if isinstance(report, (int, float)) else "–"


def main(square, oblong):
    square, oblong = (json.load(open(path))["penalties"] for path in (square, oblong))
    print("| | square | square, penalty 1.05 | oblong | n (square) |\n|---|---|---|---|---|")
    for label, path, n in rows(square["1.0"]):
        print("| " + " | ".join([label, value(square["1.0"], path), value(square.get("1.05", {}), path), value(oblong["1.0"], path), str(n)]) + " |")


if __name__ == "__main__":
    main(*sys.argv[1:])
