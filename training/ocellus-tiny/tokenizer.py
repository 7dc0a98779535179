"""python tokenizer.py OUT.json: builds the byte-level BPE tokenizer.

Every number 0…1024 is one token, whatever stands around it: merges for the numbers come first, and every split of a
number whose halves are tokens is a merge, so that greedy BPE always ends in one token. The other merges are learned from
generated dialogues. The shipped tokenizer.json was built by an earlier version of the generator, with the same sizes.
"""
import json
import re
import sys

import numpy as np
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import prompts
from domain import DOMAIN
from questions import dialogue
from world import make_scene

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"]
TAGS = ["<think>", "</think>", "<answer>", "</answer>"]     # added but not special: they survive skip_special_tokens
SPLIT = r" ?\p{L}+|\p{N}{1,4}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
MERGES = 520
COMMON = ("the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you were all "
          "her she there would their we him been has when who will no more if out so up said what its about than into them can only other "
          "time new some could these two may first then do any like my now over such our man me even most made after also did many off "
          "before must well back through years much your way down should because long each just state those people too mr how little good "
          "world make very year still see own work men day get here old between life under never might same another know while last house "
          "against came great during us against three four five image picture photo color object dog cat car person tree house sky water "
          "ball box left right top bottom")


def pre_tokenizer():
    """Words, numbers of up to four digits, runs of punctuation."""
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def corpus(seed):
    """Generated dialogues without their numbers, system messages and common words."""
    rng = np.random.default_rng(seed)
    texts = prompts.ALL * 60 + ["system\n", "user\n", "assistant\n"] * 500 + [COMMON] * 6
    for _ in range(2500):
        system, _, turns = dialogue(rng, DOMAIN, make_scene(rng, DOMAIN, 112, 112))
        texts += [system] + [t for _, q, a in turns for t in (q, a)]
    return [re.sub(r"\d+", " ", t) for t in texts]


def learned_merges(texts, alphabet):
    """The first MERGES merges of ordinary BPE training."""
    tk = Tokenizer(models.BPE())
    tk.pre_tokenizer = pre_tokenizer()
    tk.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=256 + MERGES, initial_alphabet=alphabet, special_tokens=[], show_progress=False))
    return [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in json.loads(tk.to_str())["model"]["merges"]]


def build(seed=5):
    """-> Tokenizer"""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {t: i for i, t in enumerate(alphabet + [str(n) for n in range(10, 1025)])}
    merges = [(s[:i], s[i:]) for s in map(str, range(10, 1025)) for i in range(1, len(s)) if s[:i] in vocab and s[i:] in vocab]
    for left, right in learned_merges(corpus(seed), alphabet):
        vocab.setdefault(left + right, len(vocab))
        merges.append((left, right))
    tk = Tokenizer(models.BPE(vocab=vocab, merges=merges, byte_fallback=False, ignore_merges=False))
    tk.pre_tokenizer, tk.decoder = pre_tokenizer(), decoders.ByteLevel()
    tk.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    tk.add_tokens([AddedToken(s, special=False, normalized=False) for s in TAGS])
    for n in range(1025):
        ids = tk.encode(str(n)).ids
        assert len(ids) == 1 and tk.decode(ids) == str(n), n
    return tk


if __name__ == "__main__":
    build().save(sys.argv[1])
