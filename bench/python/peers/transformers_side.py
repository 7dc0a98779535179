"""transformers on a processor, eager Python, `dtype` of the options."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import torchvision_on_cpu
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor
from transformers.generation.streamers import BaseStreamer

from peers.serve import Clock, serve


class TokenTimes(BaseStreamer):
    """When each token came; generate() puts the prompt first."""

    def __init__(self, clock):
        self.clock = clock
        self.times = []

    def put(self, value):
        self.times.append(self.clock.ms)

    def end(self):
        pass


class TransformersSide:
    def __init__(self, options):
        if options["threads"] is not None:
            torch.set_num_threads(options["threads"])
        self.processor = AutoProcessor.from_pretrained(options["model"])
        dtype = getattr(torch, options["dtype"])
        self.model = AutoModelForImageTextToText.from_pretrained(options["model"], dtype=dtype).eval()
        self.clock = Clock()
        self.marks = {}
        inner = self.model.model
        self.mark(inner.visual, "vision")
        self.mark(inner.language_model, "language")
        self.mark(self.model, "model")

    def mark(self, module, name):
        """Notes when the module began and ended for the first time in a request."""
        module.register_forward_pre_hook(self.hook(name))
        module.register_forward_hook(self.hook(name + "Done"))

    def hook(self, mark):
        def note(*_):
            self.marks.setdefault(mark, self.clock.ms)

        return note

    @torch.inference_mode()
    def answer(self, image, prompt, prompt_tokens, tokens):
        self.clock = Clock()
        self.marks = {}
        picture = Image.open(image).convert("RGB")
        content = [{"type": "image", "image": picture}, {"type": "text", "text": prompt}]
        text = self.processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
        inputs = self.processor(text=[text], images=[picture], return_tensors="pt")
        streamer = TokenTimes(self.clock)
        self.model.generate(
            **inputs, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False, streamer=streamer
        )
        _, first, *_ = streamer.times
        return {
            "inputTokens": inputs["input_ids"].shape[1],
            "visionMs": self.marks["visionDone"] - self.marks["vision"],
            "prefillMs": self.marks["modelDone"] - self.marks["language"],
            "firstTokenMs": first,
            "decodeMs": (streamer.times[-1] - first) / (tokens - 1),
        }

    @torch.inference_mode()
    def batch(self, prompts, tokens):
        chats = [[{"role": "user", "content": [{"type": "text", "text": prompt}]}] for prompt in prompts]
        texts = self.processor.apply_chat_template(chats, add_generation_prompt=True)
        inputs = self.processor(text=texts, padding=True, padding_side="left", return_tensors="pt")
        self.model.generate(**inputs, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False)


serve(TransformersSide)
