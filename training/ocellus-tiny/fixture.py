"""python fixture.py CHECKPOINT SAMPLES OUT.json: what transformers generates for every sample question.

Greedy, float32, one thread, Pillow's resampler, without and with a repetition penalty of 1.05. `gap` is the distance of the best score to the
second best at every step (after the penalty): an engine must give the same ids, up to a step whose gap is a near tie.
"""
import hashlib
import json
import os
import sys

import PIL
import torch
import transformers
from PIL import Image

from hf import Reference

TOKENS = 200


def generate(model, inputs, penalty):
    """-> ids without the prompt, gaps, text"""
    out = model.generate(inputs, TOKENS, penalty, output_scores=True, return_dict_in_generate=True)
    ids = out.sequences[0, inputs["input_ids"].shape[1]:]
    best = [s[0].topk(2).values for s in out.scores]
    return dict(ids=ids.tolist(), gap=[round((b[0] - b[1]).item(), 4) for b in best], text=model.processor.tokenizer.decode(ids, skip_special_tokens=True))


def right(answer, question):
    """Whether the answer is the expected one; None for boxes, which evaluate.py measures."""
    if question["kind"] == "phrase-grounding":
        return None
    final = lambda t: t.split("<answer>")[-1].split("</answer>")[0]
    return final(answer) == final(question["answer"])


def main(checkpoint, samples, out):
    torch.set_num_threads(1)
    model, cases = Reference(checkpoint), []
    with open(os.path.join(samples, "samples.json")) as f:
        pictures = json.load(f)
    for picture in pictures:
        image = Image.open(os.path.join(samples, picture["file"])).convert("RGB")
        for question in picture["questions"]:
            inputs = model.encode([(question.get("system"), image, question["question"])])
            plain, penalised = generate(model, inputs, 1.0), generate(model, inputs, 1.05)
            case = dict(file=picture["file"], **{k: question[k] for k in ("system", "question") if k in question},
                        input_ids=inputs["input_ids"][0].tolist(), image_grid_thw=inputs["image_grid_thw"].tolist(), greedy=plain, greedy_rp105=penalised)
            cases.append(case)
            print({True: "right", False: "WRONG", None: "boxes"}[right(plain["text"], question)], picture["file"], question["question"], "->", plain["text"])
    with open(os.path.join(checkpoint, "model.safetensors"), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    head = dict(checkpoint="packages/ocellus-tiny/checkpoint", samples="packages/ocellus-tiny/samples", model_sha256=digest,
                transformers=transformers.__version__, torch=torch.__version__, pillow=PIL.__version__, compute_dtype="float32",
                image_backend="pil", max_new_tokens=TOKENS)
    gaps = [g for c in cases for r in ("greedy", "greedy_rp105") for g in c[r]["gap"]]
    head["min_gap"] = min(gaps)
    os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
    with open(out, "w") as f:
        f.write(json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(c) for c in cases) + "\n]}\n")
    print(len(cases), "cases, smallest gap", min(gaps))


if __name__ == "__main__":
    main(*sys.argv[1:])
