"""Lean training forward with the mathematics of Qwen2.5-VL (one picture size, and as many visual tokens a row, per batch).

Parameter names equal the in-memory names of transformers' Qwen2_5_VLForConditionalGeneration, so export is a plain copy of
the state dict; export.py compares the logits. Matrix products run in MATMUL (bfloat16), the residual stream in float32.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from pack import window_order

CONFIG = dict(v_hidden=160, v_heads=5, v_depth=6, v_inter=320, v_full=[2, 5], patch=14, merge=2, window=112,
              hidden=192, heads=6, kv=2, layers=5, inter=512, theta=100.0, sections=[4, 5, 7], vocab=1808, eps=1e-6)
MATMUL = torch.bfloat16
PICTURES = 4


class RMSNorm(nn.Module):
    def __init__(self, d, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d))
        self.eps = eps

    def forward(self, x):
        x = x.float()
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


def lin(x, m):
    return F.linear(x.to(MATMUL), m.weight.to(MATMUL), None if m.bias is None else m.bias.to(MATMUL))


def rot(x, cos, sin):
    x = x.float()
    h = x.shape[-1] // 2
    return (x * cos + torch.cat((-x[..., h:], x[..., :h]), -1) * sin).to(MATMUL)


class VAttn(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.qkv = nn.Linear(c["v_hidden"], 3 * c["v_hidden"])
        self.proj = nn.Linear(c["v_hidden"], c["v_hidden"])


class VMLP(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate_proj = nn.Linear(c["v_hidden"], c["v_inter"])
        self.up_proj = nn.Linear(c["v_hidden"], c["v_inter"])
        self.down_proj = nn.Linear(c["v_inter"], c["v_hidden"])


class VBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm1 = RMSNorm(c["v_hidden"])
        self.norm2 = RMSNorm(c["v_hidden"])
        self.attn = VAttn(c)
        self.mlp = VMLP(c)
        self.h = c["v_heads"]

    def forward(self, x, cos, sin, mask, wins):
        B, N, D = x.shape
        y = lin(self.norm1(x), self.attn.qkv).view(B, N, 3, self.h, D // self.h)
        qk = rot(y[:, :, :2], cos[:, None, None], sin[:, None, None])
        q_, k_, v_ = qk[:, :, 0], qk[:, :, 1], y[:, :, 2]
        if wins > 1:      # equal windows: fold them into the batch
            q_, k_, v_ = (t.reshape(B * wins, N // wins, self.h, D // self.h) for t in (q_, k_, v_))
        o = F.scaled_dot_product_attention(q_.transpose(1, 2), k_.transpose(1, 2), v_.transpose(1, 2), attn_mask=mask)
        o = o.transpose(1, 2).reshape(B, N, D)
        x = x + lin(o, self.attn.proj)
        y = self.norm2(x)
        return x + lin(F.silu(lin(y, self.mlp.gate_proj).float()) * lin(y, self.mlp.up_proj).float(), self.mlp.down_proj)


class PatchEmbed(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.proj = nn.Conv3d(3, c["v_hidden"], (2, 14, 14), stride=(2, 14, 14), bias=False)


class Merger(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.ln_q = RMSNorm(c["v_hidden"])
        self.mlp = nn.Sequential(nn.Linear(4 * c["v_hidden"], 4 * c["v_hidden"]), nn.GELU(), nn.Linear(4 * c["v_hidden"], c["hidden"]))


class Visual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.patch_embed = PatchEmbed(c)
        self.blocks = nn.ModuleList([VBlock(c) for _ in range(c["v_depth"])])
        self.merger = Merger(c)
        self.cache = {}

    def geometry(self, rows, columns):
        """Rotary tables, window mask and cell order of a picture of rows × columns cells."""
        if (rows, columns) in self.cache:
            return self.cache[(rows, columns)]
        order, window = map(torch.from_numpy, window_order(rows, columns))
        d = self.c["v_hidden"] // self.c["v_heads"] // 2
        inv = 1.0 / (10000 ** (torch.arange(0, d, 2).float() / d))
        pos = torch.tensor([(2 * (m // columns) + y, 2 * (m % columns) + x) for m in order.tolist() for y in (0, 1) for x in (0, 1)]).float()
        f = torch.cat([pos[:, :1] * inv, pos[:, 1:] * inv], -1)
        f = torch.cat([f, f], -1)
        w = window.repeat_interleave(4)
        equal = rows % 4 == 0 and columns % 4 == 0
        g = dict(cos=f.cos(), sin=f.sin(), wins=(rows // 4) * (columns // 4) if equal else 1,
                 mask=None if equal else torch.where(w[:, None] == w[None], 0., -1e9).to(MATMUL)[None, None], inv=torch.argsort(order))
        self.cache[(rows, columns)] = g
        return g

    def forward(self, px, rows, columns):
        """px [B, patches, 588 or, for slices of a clip, 1176] in window order -> [B, cells, hidden] in reading order"""
        return torch.cat([self.some(p, rows, columns) for p in px.split(PICTURES)])

    def some(self, px, rows, columns):
        """The same for at most PICTURES pictures: the compiled blocks then see few different sizes."""
        g = self.geometry(rows, columns)
        w = self.patch_embed.proj.weight
        w = w.flatten(1) if px.shape[-1] == w[0].numel() else w.sum(2).flatten(1)      # a still image is two equal frames
        x = F.linear(px.to(MATMUL), w.to(MATMUL)).float()
        for i, b in enumerate(self.blocks):
            full = i in self.c["v_full"]
            x = b(x, g["cos"], g["sin"], None if full else g["mask"], 1 if full else g["wins"])
        y = self.merger.ln_q(x).view(x.shape[0], x.shape[1] // 4, 4 * x.shape[2])
        y = lin(F.gelu(lin(y, self.merger.mlp[0]).float()), self.merger.mlp[2]).float()
        return y[:, g["inv"]]


class Attn(nn.Module):
    def __init__(self, c):
        super().__init__()
        d = c["hidden"] // c["heads"]
        self.q_proj = nn.Linear(c["hidden"], c["hidden"])
        self.k_proj = nn.Linear(c["hidden"], c["kv"] * d)
        self.v_proj = nn.Linear(c["hidden"], c["kv"] * d)
        self.o_proj = nn.Linear(c["hidden"], c["hidden"], bias=False)


class MLP(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate_proj = nn.Linear(c["hidden"], c["inter"], bias=False)
        self.up_proj = nn.Linear(c["hidden"], c["inter"], bias=False)
        self.down_proj = nn.Linear(c["inter"], c["hidden"], bias=False)


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.self_attn = Attn(c)
        self.mlp = MLP(c)
        self.input_layernorm = RMSNorm(c["hidden"], c["eps"])
        self.post_attention_layernorm = RMSNorm(c["hidden"], c["eps"])

    def forward(self, x, cos, sin, mask):
        B, L, D = x.shape
        h, kv = self.c["heads"], self.c["kv"]
        d = D // h
        y = self.input_layernorm(x).to(MATMUL)
        a = self.self_attn
        q_ = rot(lin(y, a.q_proj).view(B, L, h, d), cos, sin).transpose(1, 2)
        k_ = rot(lin(y, a.k_proj).view(B, L, kv, d), cos, sin).transpose(1, 2)
        v_ = lin(y, a.v_proj).view(B, L, kv, d).transpose(1, 2)
        k_ = k_[:, :, None].expand(B, kv, h // kv, L, d).reshape(B, h, L, d)
        v_ = v_[:, :, None].expand(B, kv, h // kv, L, d).reshape(B, h, L, d)
        o = F.scaled_dot_product_attention(q_, k_, v_, attn_mask=mask)
        x = x + lin(o.transpose(1, 2).reshape(B, L, D), a.o_proj)
        y = self.post_attention_layernorm(x).to(MATMUL)
        return x + lin(F.silu(lin(y, self.mlp.gate_proj).float()) * lin(y, self.mlp.up_proj).float(), self.mlp.down_proj)


class Lang(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c["vocab"], c["hidden"])
        self.layers = nn.ModuleList([Layer(c) for _ in range(c["layers"])])
        self.norm = RMSNorm(c["hidden"], c["eps"])


class Core(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.visual = Visual(c)
        self.language_model = Lang(c)


class Tiny(nn.Module):
    """state dict == transformers' (tied lm_head); aux heads live outside"""

    def __init__(self, c=CONFIG):
        super().__init__()
        self.c = c
        self.model = Core(c)
        n = c["hidden"] // c["heads"] // 2
        self.inv = 1.0 / (c["theta"] ** (torch.arange(n).float() / n))
        s = c["sections"]
        self.sec = torch.tensor([0] * s[0] + [1] * s[1] + [2] * s[2])
        self.init()

    @torch.no_grad()
    def init(self):
        for n, p in self.named_parameters():
            if p.dim() >= 2:
                fan = p[0].numel()
                std = 0.02 if "embed_tokens" in n else min(0.08, fan ** -0.5)
                if any(k in n for k in ("o_proj", "down_proj", "attn.proj")):
                    std /= math.sqrt(2 * (self.c["layers"] if "language" in n else self.c["v_depth"]))
                p.normal_(0, std)
            elif n.endswith("bias"):
                p.zero_()

    def rope(self, pos):
        """pos [B,L,3] -> cos, sin [B,L,1,d]"""
        p = pos.float()[..., self.sec] * self.inv
        p = torch.cat([p, p], -1)[:, :, None]
        return p.cos(), p.sin()

    def forward(self, px, rows, columns, ids, pos, seg, at, tap=1):
        """px: the pictures or slices of row 0, then of row 1, …; at [B, visual tokens]: their indices in the rows
        -> last hidden states [B, L, hidden], visual tokens, visual tokens after text layer `tap`, hidden states before the last layer"""
        lm = self.model.language_model
        x = lm.embed_tokens(ids)
        v = self.model.visual(px, rows, columns).view(ids.shape[0], -1, x.shape[-1])
        at = at[..., None].expand(-1, -1, x.shape[-1])
        x = x.scatter(1, at, v)
        n = ids.shape[1]
        sees = ((seg[:, None, :] == 0) | (seg[:, None, :] == seg[:, :, None])) & torch.ones(n, n, dtype=torch.bool).tril()
        mask = torch.zeros(ids.shape[0], n, n, dtype=MATMUL).masked_fill_(~sees, -1e9)[:, None]
        cos, sin = self.rope(pos)
        for i, layer in enumerate(lm.layers):
            x = layer(x, cos, sin, mask)
            if i == tap:
                mid = x.gather(1, at)
            if i == self.c["layers"] - 2:
                deep = x
        return lm.norm(x), v, mid, deep

    def logits(self, h):
        """Scores of the vocabulary (the head is the embedding)."""
        return F.linear(h.to(MATMUL), self.model.language_model.embed_tokens.weight.to(MATMUL)).float()
