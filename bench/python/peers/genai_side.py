"""onnxruntime-genai: the text of a request only, as many tokens as the request with its picture has."""

import numpy
import onnxruntime_genai

from peers.serve import Clock, serve


class GenaiSide:
    def __init__(self, options):
        self.model = onnxruntime_genai.Model(options["model"])

    def answer(self, image, prompt, prompt_tokens, tokens):
        clock = Clock()
        generator = self.generate([list(range(100, 100 + prompt_tokens))], tokens)
        prefill = clock.ms
        generator.generate_next_token()
        first = clock.ms
        for _ in range(tokens - 1):
            generator.generate_next_token()
        decode = (clock.ms - first) / (tokens - 1)
        # Without vision the first token is none of the whole request.
        return {
            "inputTokens": prompt_tokens,
            "visionMs": None,
            "prefillMs": prefill,
            "firstTokenMs": None,
            "decodeMs": decode,
        }

    def generate(self, ids, tokens):
        """A generator that has read the prompts."""
        params = onnxruntime_genai.GeneratorParams(self.model)
        length = len(ids[0]) + tokens
        params.set_search_options(batch_size=len(ids), max_length=length, min_length=length, do_sample=False)
        generator = onnxruntime_genai.Generator(self.model, params)
        generator.append_tokens(numpy.array(ids, numpy.int32))
        return generator

    def batch(self, prompts, tokens):
        generator = self.generate([list(range(100 + i, 140 + i)) for i in range(len(prompts))], tokens)
        for _ in range(tokens):
            generator.generate_next_token()


serve(GenaiSide)
