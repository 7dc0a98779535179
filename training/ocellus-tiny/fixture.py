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
from PIL import Image, ImageSequence
from transformers.models.qwen2_vl.video_processing_qwen2_vl import Qwen2VLVideoProcessor
from transformers.video_utils import VideoMetadata

from hf import Clip, Reference

TOKENS = 200
FPS = 4         # Ocellus' default


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


def prompts_of(samples):
    """[(parts of a message, questions)]: the pictures, then the prompts of several pictures or a clip. An MP4 is left out: decoders differ."""
    read = lambda name: json.load(open(os.path.join(samples, name)))
    single = [([dict(type="image", source=p["file"])], p["questions"]) for p in read("samples.json")]
    return single + [(p["parts"], p["questions"]) for p in read("prompts.json") if not p["parts"][0].get("source", "").endswith(".mp4")]


def shown(samples, part):
    """What the reference takes for a part: a picture, or a clip with the frames that transformers samples at FPS."""
    load = lambda file: Image.open(os.path.join(samples, file))
    if part["type"] == "image":
        return load(part["source"]).convert("RGB")
    if "frames" in part:
        return Clip(tuple(load(f).convert("RGB") for f in part["frames"]), part["fps"])
    frames, ms = [], 0
    for frame in ImageSequence.Iterator(load(part["source"])):
        frames.append(frame.convert("RGB"))
        ms += frame.info["duration"]
    rate = 1000 * len(frames) / ms
    indices = Qwen2VLVideoProcessor(fps=FPS, min_frames=4, max_frames=8).sample_frames(VideoMetadata(total_num_frames=len(frames), fps=rate)).tolist()
    return Clip(tuple(frames[i] for i in indices), rate, len(frames))


def main(checkpoint, samples, out):
    torch.set_num_threads(1)
    model, cases = Reference(checkpoint), []
    for parts, questions in prompts_of(samples):
        visuals = [shown(samples, p) for p in parts]
        for question in questions:
            inputs = model.encode([(question.get("system"), visuals, question["question"])])
            plain, penalised = generate(model, inputs, 1.0), generate(model, inputs, 1.05)
            grids = {k: inputs[k].tolist() for k in ("image_grid_thw", "video_grid_thw") if k in inputs}
            cases.append(dict(parts=parts, **{k: question[k] for k in ("system", "question") if k in question},
                              input_ids=inputs["input_ids"][0].tolist(), **grids, greedy=plain, greedy_rp105=penalised))
            name = " + ".join(p.get("source") or p["frames"][0] for p in parts)
            print({True: "right", False: "WRONG", None: "boxes"}[right(plain["text"], question)], name, question["question"], "->", plain["text"])
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
