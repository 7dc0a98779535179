"""llama.cpp through llama-cpp-python's bindings of its C interface, vision through mtmd: no Python in the hot path."""

import ctypes
import os
import pathlib

import llama_cpp
import numpy
from llama_cpp import mtmd_cpp as mtmd

from peers.serve import Clock, serve

template = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
sequences = 8


def check(done, what):
    if not done:
        raise RuntimeError(f"{what} failed")


class LlamaSide:
    def __init__(self, options):
        folder = pathlib.Path(options["model"])
        threads = options["threads"] or os.cpu_count()
        llama_cpp.llama_backend_init()
        self.model = llama_cpp.llama_model_load_from_file(
            str(folder / "text.gguf").encode(), llama_cpp.llama_model_default_params()
        )
        check(self.model, "loading text.gguf")
        self.vocab = llama_cpp.llama_model_get_vocab(self.model)
        self.vocab_size = llama_cpp.llama_vocab_n_tokens(self.vocab)
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = 2048
        params.n_batch = params.n_ubatch = 512
        params.n_seq_max = sequences
        params.kv_unified = True
        params.n_threads = params.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(self.model, params)
        check(self.context, "making a context")
        self.memory = llama_cpp.llama_get_memory(self.context)
        vision = mtmd.mtmd_context_params_default()
        vision.use_gpu = False
        vision.n_threads = threads
        self.vision = mtmd.mtmd_init_from_file(str(folder / "vision.gguf").encode(), self.model, vision)
        check(self.vision, "loading vision.gguf")

    def answer(self, image, prompt, prompt_tokens, tokens):
        clock = Clock()
        llama_cpp.llama_memory_clear(self.memory, True)
        chunks = self.chunks(image, template.format(mtmd.mtmd_default_marker().decode() + prompt))
        past = llama_cpp.llama_pos(0)
        figures = {"inputTokens": mtmd.mtmd_helper_get_n_tokens(chunks), "visionMs": 0, "prefillMs": 0}
        count = mtmd.mtmd_input_chunks_size(chunks)
        for index in range(count):
            self.prefill(mtmd.mtmd_input_chunks_get(chunks, index), index == count - 1, past, figures)
        mtmd.mtmd_input_chunks_free(chunks)
        token = self.greedy(-1)
        figures["firstTokenMs"] = clock.ms
        for step in range(tokens - 1):
            self.decode([(token, past.value + step, 0)])
            token = self.greedy(0)
        figures["decodeMs"] = (clock.ms - figures["firstTokenMs"]) / (tokens - 1)
        return figures

    def chunks(self, image, text):
        """The prompt cut into text and picture; opens, decodes and resizes the picture."""
        bitmap = mtmd.mtmd_helper_bitmap_init_from_file(self.vision, image.encode(), False)
        check(bitmap, "reading the picture")
        data = text.encode()
        prompt = mtmd.mtmd_input_text(text=data, text_len=len(data), add_special=True, parse_special=True)
        chunks = mtmd.mtmd_input_chunks_init()
        bitmaps = (mtmd.mtmd_bitmap_p_ctypes * 1)(bitmap)
        check(mtmd.mtmd_tokenize(self.vision, chunks, ctypes.byref(prompt), bitmaps, 1) == 0, "tokenizing")
        mtmd.mtmd_bitmap_free(bitmap)
        return chunks

    def prefill(self, chunk, last, past, figures):
        clock = Clock()
        if mtmd.mtmd_input_chunk_get_type(chunk) == mtmd.MTMD_INPUT_CHUNK_TYPE_TEXT:
            args = (self.vision, self.context, chunk, past, 0, 512, last, ctypes.byref(past))
            check(mtmd.mtmd_helper_eval_chunk_single(*args) == 0, "reading the prompt")
        else:
            check(mtmd.mtmd_encode_chunk(self.vision, chunk) == 0, "encoding the picture")
            figures["visionMs"] += clock.ms
            clock = Clock()
            embedding = mtmd.mtmd_get_output_embd(self.vision)
            no_callback = mtmd.mtmd_helper_post_decode_callback(0)
            args = (self.vision, self.context, chunk, embedding, past, 0, 512, ctypes.byref(past), no_callback, None)
            check(mtmd.mtmd_helper_decode_image_chunk(*args) == 0, "reading the picture's tokens")
        llama_cpp.llama_synchronize(self.context)
        figures["prefillMs"] += clock.ms

    def decode(self, entries):
        """One run over (token, position, sequence); logits of all."""
        batch = llama_cpp.llama_batch_init(len(entries), 0, 1)
        batch.n_tokens = len(entries)
        for index, (token, position, sequence) in enumerate(entries):
            batch.token[index] = token
            batch.pos[index] = position
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = sequence
            batch.logits[index] = 1
        check(llama_cpp.llama_decode(self.context, batch) == 0, "decoding")
        llama_cpp.llama_batch_free(batch)

    def greedy(self, index):
        logits = llama_cpp.llama_get_logits_ith(self.context, index)
        return int(numpy.argmax(numpy.ctypeslib.as_array(logits, (self.vocab_size,))))

    def batch(self, prompts, tokens):
        llama_cpp.llama_memory_clear(self.memory, True)
        lengths, last = [], []
        for sequence, prompt in enumerate(prompts):
            ids = self.tokenize(template.format(prompt))
            self.decode([(token, position, sequence) for position, token in enumerate(ids)])
            lengths.append(len(ids))
            last.append(self.greedy(-1))
        for step in range(tokens - 1):
            self.decode([(token, lengths[i] + step, i) for i, token in enumerate(last)])
            last = [self.greedy(i) for i in range(len(prompts))]

    def tokenize(self, text):
        data = text.encode()
        ids = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(self.vocab, data, len(data), ids, len(ids), False, True)
        check(count > 0, "tokenizing")
        return ids[:count]


serve(LlamaSide)
