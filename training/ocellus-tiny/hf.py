"""Runs a checkpoint folder in transformers: the reference that the TypeScript engine must agree with."""
import os

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
import transformers
from transformers import AutoImageProcessor, AutoModelForImageTextToText, AutoProcessor

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


class Reference:
    """Greedy generation in float32 with Pillow's resampler."""

    def __init__(self, folder):
        self.processor = AutoProcessor.from_pretrained(folder)
        self.processor.image_processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
        self.processor.tokenizer.padding_side = "left"
        self.model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()

    def encode(self, items):
        """items: [(system or None, picture, question)] -> model inputs, padded on the left"""
        texts = []
        for system, _, question in items:
            messages = [{"role": "system", "content": system}] if system else []
            messages.append({"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]})
            texts.append(self.processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        return self.processor(text=texts, images=[i for _, i, _ in items], padding=len(items) > 1, return_tensors="pt")

    @torch.no_grad()
    def generate(self, inputs, tokens, penalty, **options):
        """Greedy."""
        return self.model.generate(**inputs, max_new_tokens=tokens, do_sample=False, repetition_penalty=penalty, **options)

    def ask(self, items, tokens, penalty=1.0, batch=32):
        """-> texts"""
        out = []
        for i in range(0, len(items), batch):
            inputs = self.encode(items[i:i + batch])
            ids = self.generate(inputs, tokens, penalty)[:, inputs["input_ids"].shape[1]:]
            out += self.processor.batch_decode(ids, skip_special_tokens=True)
        return out
