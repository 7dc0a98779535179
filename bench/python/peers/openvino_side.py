"""OpenVINO GenAI: whole requests through its VLMPipeline, batches of texts in its continuous batching."""

import numpy
import openvino
import openvino_genai
from PIL import Image

from peers.serve import Clock, serve


class OpenvinoSide:
    def __init__(self, options):
        self.model = options["model"]
        self.pipeline = openvino_genai.VLMPipeline(self.model, "CPU")
        self.batching = None

    def config(self, tokens):
        config = openvino_genai.GenerationConfig()
        config.max_new_tokens = config.min_new_tokens = tokens
        config.ignore_eos = True
        config.do_sample = False
        return config

    def answer(self, image, prompt, prompt_tokens, tokens):
        clock = Clock()
        picture = openvino.Tensor(numpy.array(Image.open(image).convert("RGB"))[None])
        before = clock.ms
        result = self.pipeline.generate(prompt, images=[picture], generation_config=self.config(tokens))
        metrics = result.perf_metrics
        first, vision = metrics.get_ttft().mean, metrics.get_prepare_embeddings_duration().mean
        return {
            "inputTokens": metrics.get_num_input_tokens(),
            "visionMs": vision,
            # What is not vision before the first token.
            "prefillMs": first - vision,
            "firstTokenMs": before + first,
            "decodeMs": metrics.get_tpot().mean,
        }

    def batch(self, prompts, tokens):
        if self.batching is None:
            self.pipeline = None
            self.batching = openvino_genai.ContinuousBatchingPipeline(
                self.model, openvino_genai.SchedulerConfig(), "CPU"
            )
        self.batching.generate(
            prompts, images=[[] for _ in prompts], generation_config=[self.config(tokens)] * len(prompts)
        )


serve(OpenvinoSide)
