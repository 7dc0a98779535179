"""Runs requests through the Vi SDK: `answer_with_vi.py <checkpoint>` reads one JSON request a line and answers {"seconds": …} for each."""

import json
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")
answers = os.fdopen(os.dup(1), "w", buffering=1)
# The SDK prints progress to stdout, which belongs to the answers.
os.dup2(2, 1)

import torch
import torchvision_on_cpu

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
import io

import numpy
import torchvision.io
from PIL import Image


def decode_image(data, mode=None, apply_exif_orientation=True):
    """Stands in for torchvision's decoder, which does not load either."""
    file = data if isinstance(data, str) else io.BytesIO(data.numpy().tobytes())
    picture = Image.open(file).convert("RGB")
    return torch.from_numpy(numpy.asarray(picture).copy()).permute(2, 0, 1)


torchvision.io.decode_image = decode_image
from vi.inference import ViModel

model = ViModel(pretrained_model_name_or_path=sys.argv[1])
print(json.dumps({"ready": True}), file=answers)
for line in sys.stdin:
    request = json.loads(line)
    begin = time.perf_counter()
    outcome = model(
        source=request["source"],
        user_prompt=request["prompt"],
        task_type=request["task"],
        generation_config={"max_new_tokens": request["tokens"]},
        cot=request.get("cot", False),
        show_progress=False,
    )
    seconds = time.perf_counter() - begin
    failed = [str(error) for _, error in (outcome if isinstance(outcome, list) else [outcome]) if error is not None]
    print(json.dumps({"seconds": seconds, "error": failed[0] if failed else None}), file=answers)
