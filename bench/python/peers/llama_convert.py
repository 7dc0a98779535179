"""`llama_convert.py <checkpoint> <folder>`: GGUF files of the checkpoint's shape with random weights of their own.

The decoder is Q4_0 throughout, also the embedding, which llama.cpp's own converter would keep larger; the vision tower
is F16, as usual. Shapes and tokenizer are the checkpoint's; only time and memory are compared.
"""

import json
import pathlib
import sys

import gguf
import numpy

checkpoint, folder = map(pathlib.Path, sys.argv[1:])
config = json.loads((checkpoint / "config.json").read_text())
vision = config["vision_config"]
random = numpy.random.default_rng(0)
# The standard deviation of the checkpoint's weights; of a four-bit level, which is 0 to 15, it is 4.6.
deviation = 0.02


def values(shape, kind):
    """Random weights; ones for norms and noughts for biases."""
    if kind == "one":
        return numpy.ones(shape, numpy.float32)
    if kind == "zero":
        return numpy.zeros(shape, numpy.float32)
    if kind == "F16":
        return (deviation * random.standard_normal(shape, numpy.float32)).astype(numpy.float16)
    rows, columns = shape
    blocks = random.integers(0, 256, (rows, columns // 32, 18), numpy.uint8)
    blocks[:, :, :2] = numpy.array([deviation / 4.6], numpy.float16).view(numpy.uint8)
    return blocks.reshape(rows, -1)


def write(name, arch, describe, tensors):
    """Streams: one tensor in memory at a time."""
    writer = gguf.GGUFWriter(folder / name, arch)
    describe(writer)
    kinds = {"one": numpy.float32, "zero": numpy.float32, "F16": numpy.float16}
    for tensor, shape, kind in tensors:
        if kind == "Q4_0":
            quantised = (shape[0], shape[1] // 32 * 18)
            size = quantised[0] * quantised[1]
            writer.add_tensor_info(tensor, quantised, numpy.dtype(numpy.uint8), size, gguf.GGMLQuantizationType.Q4_0)
        else:
            dtype = numpy.dtype(kinds[kind])
            writer.add_tensor_info(tensor, shape, dtype, int(numpy.prod(shape)) * dtype.itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for _, shape, kind in tensors:
        writer.write_tensor_data(values(shape, kind))
    writer.close()


def describe_text(writer):
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_rope_dimension_sections([*config["rope_scaling"]["mrope_section"], 0])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)
    tokenizer = json.loads((checkpoint / "tokenizer.json").read_text())
    names = {id: name for name, id in tokenizer["model"]["vocab"].items()}
    kinds = dict.fromkeys(names, gguf.TokenType.NORMAL)
    for token in tokenizer["added_tokens"]:
        names[token["id"]] = token["content"]
        kinds[token["id"]] = gguf.TokenType.CONTROL if token["special"] else gguf.TokenType.USER_DEFINED
    ids = range(config["vocab_size"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([names.get(id, f"[PAD{id}]") for id in ids])
    writer.add_token_types([kinds.get(id, gguf.TokenType.UNUSED) for id in ids])
    merges = tokenizer["model"]["merges"]
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_add_bos_token(False)


def text_tensors():
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    keys = hidden // config["num_attention_heads"] * config["num_key_value_heads"]
    yield "token_embd.weight", (config["vocab_size"], hidden), "Q4_0"
    yield "output_norm.weight", (hidden,), "one"
    if not config["tie_word_embeddings"]:
        yield "output.weight", (config["vocab_size"], hidden), "Q4_0"
    for layer in range(config["num_hidden_layers"]):
        block = f"blk.{layer}."
        yield block + "attn_norm.weight", (hidden,), "one"
        yield block + "ffn_norm.weight", (hidden,), "one"
        for name, outputs in (("q", hidden), ("k", keys), ("v", keys)):
            yield f"{block}attn_{name}.weight", (outputs, hidden), "Q4_0"
            yield f"{block}attn_{name}.bias", (outputs,), "zero"
        yield block + "attn_output.weight", (hidden, hidden), "Q4_0"
        yield block + "ffn_gate.weight", (inner, hidden), "Q4_0"
        yield block + "ffn_up.weight", (inner, hidden), "Q4_0"
        yield block + "ffn_down.weight", (hidden, inner), "Q4_0"


def describe_vision(writer):
    processor = json.loads((checkpoint / "preprocessor_config.json").read_text())
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("qwen2.5vl_merger")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_vision_image_size(560)
    writer.add_vision_patch_size(vision["patch_size"])
    writer.add_vision_embedding_length(vision["hidden_size"])
    writer.add_vision_feed_forward_length(vision["intermediate_size"])
    writer.add_vision_projection_dim(vision["out_hidden_size"])
    writer.add_vision_block_count(vision["depth"])
    writer.add_vision_head_count(vision["num_heads"])
    writer.add_vision_attention_layernorm_eps(1e-6)
    writer.add_vision_use_silu(True)
    writer.add_vision_n_wa_pattern(vision["fullatt_block_indexes"][0] + 1)
    writer.add_vision_image_mean(processor["image_mean"])
    writer.add_vision_image_std(processor["image_std"])


def vision_tensors():
    hidden, inner, side = vision["hidden_size"], vision["intermediate_size"], vision["patch_size"]
    merged = hidden * vision["spatial_merge_size"] ** 2
    yield "v.patch_embd.weight", (hidden, 3, side, side), "F16"
    yield "v.patch_embd.weight.1", (hidden, 3, side, side), "F16"
    yield "v.post_ln.weight", (hidden,), "one"
    for name, outputs in (("mm.0", merged), ("mm.2", vision["out_hidden_size"])):
        yield name + ".weight", (outputs, merged), "F16"
        yield name + ".bias", (outputs,), "zero"
    for layer in range(vision["depth"]):
        block = f"v.blk.{layer}."
        yield block + "ln1.weight", (hidden,), "one"
        yield block + "ln2.weight", (hidden,), "one"
        linear = [("attn_q", hidden, hidden), ("attn_k", hidden, hidden), ("attn_v", hidden, hidden)]
        linear += [("attn_out", hidden, hidden), ("ffn_gate", inner, hidden), ("ffn_up", inner, hidden)]
        for name, outputs, inputs in [*linear, ("ffn_down", hidden, inner)]:
            yield f"{block}{name}.weight", (outputs, inputs), "F16"
            yield f"{block}{name}.bias", (outputs,), "zero"


folder.mkdir(parents=True, exist_ok=True)
write("text.gguf", "qwen2vl", describe_text, list(text_tensors()))
write("vision.gguf", "clip", describe_vision, list(vision_tensors()))
