"""python export.py CHECKPOINT.pt TOKENIZER.json FOLDER: writes an ordinary Qwen2.5-VL checkpoint folder in bfloat16.

Then it checks that transformers gives the same logits as the training forward.
"""
import json
import os
import shutil
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

import model
import prompts
from clip import SLICE, make_clip
from domain import DOMAIN
from losses import MEAN, STD
from model import CONFIG, Tiny
from pack import TOKENS_PER_SECOND, Packer, Visual, patches, window_order
from questions import caption, inventory
from tokenizer import SPECIAL, TAGS
from world import CELL, make_scene

PIXELS = (6 * CELL) ** 2        # pictures and frames are resized to about this area
TEMPLATE = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for part in m['content'] %}"
    "{% if part['type'] == 'image' or 'image' in part or 'image_url' in part %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part['type'] == 'video' or 'video' in part %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in part %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


def configs(t):
    """File name -> contents. t: token -> id"""
    c = CONFIG
    image = {"patch_size": c["patch"], "temporal_patch_size": 2, "merge_size": c["merge"], "image_mean": list(MEAN), "image_std": list(STD),
             "processor_class": "Qwen2_5_VLProcessor"}
    special = {"bos_token_id": t("<|endoftext|>"), "pad_token_id": t("<|endoftext|>")}
    added = {str(t(s)): {"content": s, "lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "special": s in SPECIAL}
             for s in SPECIAL + TAGS}
    return {
        "config.json": {
            "architectures": ["Qwen2_5_VLForConditionalGeneration"], "model_type": "qwen2_5_vl", "attention_dropout": 0.0,
            **special, "eos_token_id": t("<|im_end|>"), "vision_start_token_id": t("<|vision_start|>"), "vision_end_token_id": t("<|vision_end|>"),
            "vision_token_id": t("<|vision_pad|>"), "image_token_id": t("<|image_pad|>"), "video_token_id": t("<|video_pad|>"),
            "hidden_act": "silu", "hidden_size": c["hidden"], "initializer_range": 0.02, "intermediate_size": c["inter"],
            "max_position_embeddings": 4096, "max_window_layers": c["layers"], "num_attention_heads": c["heads"],
            "num_hidden_layers": c["layers"], "num_key_value_heads": c["kv"], "rms_norm_eps": c["eps"], "rope_theta": c["theta"],
            "sliding_window": 4096, "tie_word_embeddings": True, "torch_dtype": "bfloat16", "use_cache": True, "use_sliding_window": False,
            "vision_config": {
                "model_type": "qwen2_5_vl", "depth": c["v_depth"], "hidden_act": "silu", "hidden_size": c["v_hidden"],
                "intermediate_size": c["v_inter"], "num_heads": c["v_heads"], "in_channels": 3, "in_chans": 3, "out_hidden_size": c["hidden"],
                "patch_size": c["patch"], "spatial_merge_size": c["merge"], "spatial_patch_size": c["patch"], "window_size": c["window"],
                "fullatt_block_indexes": c["v_full"], "tokens_per_second": TOKENS_PER_SECOND, "temporal_patch_size": 2},
            "rope_scaling": {"type": "mrope", "mrope_section": c["sections"]}, "vocab_size": c["vocab"]},
        "generation_config.json": {**special, "eos_token_id": [t("<|im_end|>"), t("<|endoftext|>")], "do_sample": False, "max_new_tokens": 256,
                                   "repetition_penalty": 1.0},
        "preprocessor_config.json": {"min_pixels": PIXELS, "max_pixels": PIXELS, "image_processor_type": "Qwen2VLImageProcessor", **image},
        "video_preprocessor_config.json": {
            "size": {"shortest_edge": PIXELS, "longest_edge": PIXELS}, "fps": 2, "min_frames": 4, "max_frames": 8, "do_sample_frames": True,
            "video_processor_type": "Qwen2VLVideoProcessor", **image},
        "ocellus.json": {      # what Ocellus says for its tasks; the model knows no longer prompts
            "name": "ocellus-tiny", "coordinateSpace": "relative-1024",
            "systemPrompts": {"vqa": prompts.VQA_JSON, "phrase-grounding": prompts.GROUNDING, "freeform": prompts.DEFAULT, "video-freeform": prompts.DEFAULT},
            "cotSuffix": prompts.THINK},
        "chat_template.json": {"chat_template": TEMPLATE},
        "tokenizer_config.json": {
            # transformers' own Qwen2 tokenizer class would split numbers into digits
            "tokenizer_class": "PreTrainedTokenizerFast", "processor_class": "Qwen2_5_VLProcessor", "added_tokens_decoder": added,
            "additional_special_tokens": SPECIAL[1:], "bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "unk_token": None,
            "add_bos_token": False, "add_prefix_space": False, "clean_up_tokenization_spaces": False, "split_special_tokens": False,
            "model_max_length": 4096, "errors": "replace", "chat_template": TEMPLATE}}


def write(state, tokenizer_path, folder):
    """Writes the folder."""
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, "tokenizer.json")
    if os.path.abspath(tokenizer_path) != os.path.abspath(target):
        shutil.copyfile(tokenizer_path, target)
    for name, content in configs(Tokenizer.from_file(tokenizer_path).token_to_id).items():
        with open(os.path.join(folder, name), "w") as f:
            f.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    with open(os.path.join(folder, "chat_template.jinja"), "w") as f:
        f.write(TEMPLATE)
    hub = lambda k: k.replace("model.visual.", "visual.").replace("model.language_model.", "model.")
    save_file({hub(k): v.detach().to(torch.bfloat16).contiguous() for k, v in state.items()}, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})


def prompt_of(rng, kind, rows, columns):
    """-> pictures or slices [frames, h, w, 3], visuals of the prompt, question, answer"""
    h, w = rows * CELL, columns * CELL
    if kind == "clip":
        clip = make_clip(rng, DOMAIN, h, w, 3 * SLICE)
        return list(clip["frames"].reshape(3, SLICE, h, w, 3)), [Visual("<|video_pad|>", 3, 1.5)], "What is in the video?", inventory(clip)
    scenes = [make_scene(rng, DOMAIN, h, w) for _ in range(2 if kind == "pair" else 1)]
    return [s["img"][None] for s in scenes], [Visual() for _ in scenes], "Describe the image.", caption(scenes[0])


@torch.no_grad()
def largest_difference(state, tokenizer_path, folder, kind, rows, columns):
    """Between the logits of the training forward in float32 and those of transformers, on one prompt."""
    from hf import Reference
    reference, packer, rng = Reference(folder).model, Packer(tokenizer_path), np.random.default_rng(3)
    net = Tiny()
    net.load_state_dict({k: v.to(torch.bfloat16).float() for k, v in state.items()})
    shown, visuals, question, answer = prompt_of(rng, kind, rows, columns)
    row = packer.row(prompts.DEFAULT, False, visuals, rows, columns, [(kind, question, answer)], 160 + len(shown) * rows * columns)
    n = len([s for s in row["seg"] if s >= 0])
    ids, pos, seg, at = (torch.tensor([row[k][:n]]) for k in ("ids", "pos", "seg", "at"))
    normal = lambda px: ((torch.tensor(px).view(len(px), 3, -1) / 255 - torch.tensor(MEAN)[:, None]) / torch.tensor(STD)[:, None]).view(len(px), -1).float()
    ours = torch.stack([normal(patches(s, window_order(rows, columns)[0])) for s in shown])
    hidden, *_ = net(ours, rows, columns, ids, pos, seg, at)
    ours = hidden @ net.model.language_model.embed_tokens.weight.t()
    twice = torch.cat([normal(patches(s if len(s) == SLICE else s.repeat(SLICE, 0), np.arange(rows * columns))) for s in shown])
    grid = torch.tensor([[v.slices, 2 * rows, 2 * columns] for v in visuals])
    given = {"video_grid_thw": grid, "pixel_values_videos": twice, "second_per_grid_ts": torch.tensor([1.5 / TOKENS_PER_SECOND])} \
        if kind == "clip" else {"image_grid_thw": grid, "pixel_values": twice}
    theirs = reference(input_ids=ids, mm_token_type_ids=(ids == packer.id(visuals[0].pad)).long() * (2 if kind == "clip" else 1), attention_mask=torch.ones_like(ids), **given).logits
    return (ours - theirs).abs().max().item()


def main(checkpoint, tokenizer_path, folder):
    saved = torch.load(checkpoint, map_location="cpu")
    write(saved["net"], tokenizer_path, folder)
    model.MATMUL = torch.float32
    for kind, rows, columns in (("picture", 6, 6), ("picture", 5, 7), ("picture", 8, 8), ("pair", 6, 6), ("clip", 6, 6), ("clip", 4, 7)):
        difference = largest_difference(saved["net"], tokenizer_path, folder, kind, rows, columns)
        print(f"{kind}, {rows}x{columns} cells: logits differ by at most {difference:.1e}")
        assert difference < 1e-3
    print("steps", saved["step"], "bytes", os.path.getsize(os.path.join(folder, "model.safetensors")))


if __name__ == "__main__":
    main(*sys.argv[1:])
