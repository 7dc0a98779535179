"""Runs a checkpoint folder in transformers: the reference that the TypeScript engine must agree with."""
import os
from dataclasses import dataclass

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:    # a CUDA build of torchvision beside a CPU build of torch lacks two operators, which nothing here needs
    import sys
    for module in [m for m in sys.modules if m == "torchvision" or m.startswith("torchvision.")]:
        del sys.modules[module]
    _library = torch.library.Library("torchvision", "DEF")
    for _name in ("nms", "qnms"):
        _library.define(_name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision  # noqa: F401
import numpy as np
import transformers
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageTextToText, AutoProcessor
from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


@dataclass(frozen=True)
class Clip:
    """Sampled frames (PIL pictures) of a video. fps: rate of the video; total: its number of frames; without it `frames` are all."""

    frames: tuple
    fps: float
    total: int = 0


class Reference:
    """Greedy generation in float32 with Pillow's resampler."""

    def __init__(self, folder):
        self.processor = AutoProcessor.from_pretrained(folder)
        self.processor.image_processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
        self.processor.tokenizer.padding_side = "left"
        self.model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()

    def resized(self, frame):
        """A frame as an array at the size that the model sees: transformers has no video processor with Pillow's resampler."""
        size = self.processor.video_processor.size
        h, w = smart_resize(frame.height, frame.width, factor=28, min_pixels=size["shortest_edge"], max_pixels=size["longest_edge"])
        return np.asarray(frame.resize((w, h), Image.BICUBIC))

    def encode(self, items):
        """items: [(system or None, what stands before the text: a picture or a list of pictures and Clips, question)] -> model inputs, padded on the left"""
        texts, pictures, clips = [], [], []
        for system, visuals, question in items:
            visuals = visuals if isinstance(visuals, list) else [visuals]
            pictures += [v for v in visuals if not isinstance(v, Clip)]
            clips += [v for v in visuals if isinstance(v, Clip)]
            messages = [{"role": "system", "content": system}] if system else []
            content = [{"type": "video" if isinstance(v, Clip) else "image"} for v in visuals] + [{"type": "text", "text": question}]
            messages.append({"role": "user", "content": content})
            texts.append(self.processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        options = dict(images=pictures) if pictures else {}
        if clips:
            frames = [np.stack([self.resized(f) for f in c.frames]) for c in clips]
            totals = [c.total or len(c.frames) for c in clips]
            options |= dict(videos=[torch.from_numpy(f).permute(0, 3, 1, 2) for f in frames], do_sample_frames=False,
                            video_metadata=[dict(total_num_frames=n, fps=c.fps, duration=n / c.fps, frames_indices=list(range(len(c.frames)))) for c, n in zip(clips, totals)])
        return self.processor(text=texts, padding=len(items) > 1, return_tensors="pt", **options)

    @torch.no_grad()
    def generate(self, inputs, tokens, penalty, **options):
        """Greedy."""
        self.model.model.rope_deltas = None
        return self.model.generate(**inputs, max_new_tokens=tokens, do_sample=False, repetition_penalty=penalty, **options)

    def ask(self, items, tokens, penalty=1.0, batch=32):
        """-> texts"""
        out = []
        for i in range(0, len(items), batch):
            inputs = self.encode(items[i:i + batch])
            ids = self.generate(inputs, tokens, penalty)[:, inputs["input_ids"].shape[1]:]
            out += self.processor.batch_decode(ids, skip_special_tokens=True)
        return out
