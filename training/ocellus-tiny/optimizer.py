"""Muon for matrices, AdamW for everything else, shared between processes.

Each process sums the gradients of all and updates its own share of the matrices; process 0 also does AdamW's part.
"""
import math

import numpy as np
import torch
import torch.nn as nn

MOMENTUM, DECAY = 0.95, 0.02


class Optimizer:
    """grads: shared [processes, parameters]; the gradients of this process are views into its row."""

    def __init__(self, named, grads, rank):
        self.grads, self.rank = grads, rank
        matrices, others, at = {}, [], 0
        for name, p in named:
            p.grad = grads[rank, at:at + p.numel()].view_as(p)
            if p.dim() == 2 and "embed_tokens" not in name and not name.startswith("head."):
                matrices.setdefault(tuple(p.shape), []).append((p, at))
            else:
                others.append((p, at))
            at += p.numel()
        cost = lambda s: len(matrices[s]) * s[0] * s[1] * min(s)
        load = [0.0] * grads.shape[0]
        self.mine = {}
        for s in sorted(matrices, key=cost, reverse=True):      # balance the matrices over the processes
            r = int(np.argmin(load))
            load[r] += cost(s)
            if r == rank:
                self.mine[s] = matrices[s]
        self.moments = {s: torch.zeros(len(v), *s) for s, v in self.mine.items()}
        if rank == 0:
            self.others = [(nn.Parameter(p.detach()), at) for p, at in others]      # same storage
            self.adam = torch.optim.AdamW([p for p, _ in self.others], betas=(.9, .98), weight_decay=0.0)

    @torch.no_grad()
    def step(self, muon_rate, adam_rate):
        """One update from the gradients of all processes."""
        for s, members in self.mine.items():
            self.muon(s, members, muon_rate)
        if self.rank == 0:
            for p, at in self.others:
                p.grad = self.grads[:, at:at + p.numel()].sum(0).view_as(p)
            nn.utils.clip_grad_norm_([p for p, _ in self.others], 1.0)
            for g in self.adam.param_groups:
                g["lr"] = adam_rate
            self.adam.step()

    def muon(self, s, members, rate):
        """Momentum, then an approximate orthogonalisation by five Newton-Schulz steps."""
        g = torch.stack([self.grads[:, at:at + s[0] * s[1]].sum(0).view(s) for _, at in members])
        if not g.any():
            return
        m = self.moments[s].mul_(MOMENTUM).add_(g, alpha=1 - MOMENTUM)
        u = g * (1 - MOMENTUM) + m * MOMENTUM
        tall = s[0] > s[1]
        u = u.transpose(1, 2) if tall else u
        u = (u / (u.norm(dim=(1, 2), keepdim=True) + 1e-12)).to(torch.bfloat16)
        for _ in range(5):
            q = u @ u.transpose(1, 2)
            u = 3.4445 * u + (-4.7750 * q + 2.0315 * q @ q) @ u
        u = u.float().transpose(1, 2) if tall else u.float()
        for (p, _), v in zip(members, u):
            p.mul_(1 - rate * DECAY).add_(v, alpha=-rate * .2 * math.sqrt(max(s)))
