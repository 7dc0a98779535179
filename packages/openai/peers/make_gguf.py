"""Writes a tiny language model with random weights as GGUF: make_gguf.py <file>. Its texts are nonsense."""
import sys

import gguf
import numpy

LAYERS, WIDTH, HEADS, FEED, CONTEXT = 1, 64, 4, 128, 512
specials = ["<unk>", "<s>", "</s>"]
words = [f"\u2581{word}" for word in "a red square circle is there one two left right yes no of and the".split()]
tokens = specials + [f"<0x{byte:02X}>" for byte in range(256)] + words + [chr(code) for code in range(32, 127)]
types = [2, 3, 3] + [6] * 256 + [1] * (len(tokens) - 259)
scores = [0.0] * 259 + [-float(place) for place in range(len(tokens) - 259)]
random = numpy.random.default_rng(7)


def matrix(*shape):
    return (random.standard_normal(shape) * 0.4).astype(numpy.float32)


writer = gguf.GGUFWriter(sys.argv[1], "llama")
writer.add_context_length(CONTEXT)
writer.add_embedding_length(WIDTH)
writer.add_block_count(LAYERS)
writer.add_feed_forward_length(FEED)
writer.add_head_count(HEADS)
writer.add_head_count_kv(HEADS)
writer.add_rope_dimension_count(WIDTH // HEADS)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_vocab_size(len(tokens))
writer.add_tokenizer_model("llama")
writer.add_token_list(tokens)
writer.add_token_scores(scores)
writer.add_token_types(types)
writer.add_bos_token_id(1)
writer.add_eos_token_id(2)
writer.add_unk_token_id(0)
writer.add_chat_template(
    "{% for m in messages %}<s>{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"
)
writer.add_tensor("token_embd.weight", matrix(len(tokens), WIDTH))
writer.add_tensor("output_norm.weight", numpy.ones(WIDTH, numpy.float32))
writer.add_tensor("output.weight", matrix(len(tokens), WIDTH))
for layer in range(LAYERS):
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.{layer}.{name}.weight", numpy.ones(WIDTH, numpy.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"blk.{layer}.{name}.weight", matrix(WIDTH, WIDTH))
    writer.add_tensor(f"blk.{layer}.ffn_gate.weight", matrix(FEED, WIDTH))
    writer.add_tensor(f"blk.{layer}.ffn_up.weight", matrix(FEED, WIDTH))
    writer.add_tensor(f"blk.{layer}.ffn_down.weight", matrix(WIDTH, FEED))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
