"""What the model is trained to do with a batch of feed.py."""
import torch
import torch.nn as nn
import torch.nn.functional as F

from questions import GRID, STEP

SHAPE_CLASSES, COLOR_CLASSES = 10, 11
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def auxiliary_heads(hidden):
    """Linear heads that only training uses: `cells` reads shape, colour and box off every visual token, `mixed` the same
    (and the cell's place) after the second text layer, `box` a whole box at its first coordinate."""
    cells = SHAPE_CLASSES + COLOR_CLASSES + 4
    return nn.ModuleDict(dict(v=nn.Linear(hidden, cells), m=nn.Linear(hidden, cells + 2), d=nn.Linear(hidden, 4)))


class Losses:
    """The loss of a batch and some readable measures of it."""

    def __init__(self, net, heads, packer):
        self.net, self.heads = net, heads
        self.end = packer.id("<|im_end|>")
        self.numbers = torch.tensor([packer.encode(str(n))[0] for n in range(0, GRID + 1, STEP)])
        self.values = torch.arange(0, GRID + 1, STEP).float()
        mean, std = (torch.tensor(v) for v in (MEAN, STD))
        self.scale, self.shift = 1 / (255 * std), -mean / std
        self.shape_weight, self.color_weight = torch.ones(SHAPE_CLASSES), torch.ones(COLOR_CLASSES)
        self.shape_weight[0] = self.color_weight[0] = 0.3

    def cell_loss(self, scores, shape, color, box, share):
        """Classes of shape and colour, and the box where there is an object."""
        s, c = scores[:, :SHAPE_CLASSES], scores[:, SHAPE_CLASSES:SHAPE_CLASSES + COLOR_CLASSES]
        b = scores[:, SHAPE_CLASSES + COLOR_CLASSES:SHAPE_CLASSES + COLOR_CLASSES + 4]
        here = shape > 0
        off = (b[here] - box[here]).abs().mean()
        loss = share * (F.cross_entropy(s, shape, self.shape_weight) + F.cross_entropy(c, color, self.color_weight)) + 8 * off
        return loss, dict(shape=(s[here].argmax(1) == shape[here]).float().mean(), color=(c[here].argmax(1) == color[here]).float().mean(), box=off)

    def __call__(self, batch, sigma):
        """-> loss, {name: value}; sigma: width of the coordinates' Gaussian target on the 0…1024 grid"""
        t = torch.from_numpy
        rows, columns = batch["grid"]
        pixels = t(batch["pixels"]).float()
        wide = lambda v: v.repeat_interleave(pixels.shape[-1] // 3)
        px = (pixels * wide(self.scale) + wide(self.shift)).to(torch.bfloat16)
        shape, color = t(batch["cell_shape"]).long().flatten(), t(batch["cell_color"]).long().flatten()
        box = t(batch["cell_box"]).reshape(-1, 4)
        y, x = torch.meshgrid((torch.arange(rows) + .5) / rows, (torch.arange(columns) + .5) / columns, indexing="ij")
        place = torch.stack([x, y], -1).reshape(-1, 2).repeat(px.shape[0], 1)
        relative = box - torch.cat([place, place], 1)
        if "ids" not in batch:
            v = self.net.model.visual(px, rows, columns)
            loss, seen = self.cell_loss(self.heads["v"](v.reshape(-1, v.shape[-1])), shape, color, relative, 1)
            return loss, {k: v.item() for k, v in seen.items()}
        h, v, mid, deep = self.net(px, rows, columns, t(batch["ids"]).long(), t(batch["pos"]), t(batch["seg"]), t(batch["at"]).long())
        hidden = h.shape[-1]
        predict, target, weight, coord = t(batch["predict"]).long(), t(batch["target"]).long(), t(batch["weight"]), t(batch["coordinate"])
        logits = self.net.logits(h.reshape(-1, hidden)[predict])
        logp = F.log_softmax(logits, -1)
        nll = -logp.gather(1, target[:, None])[:, 0]
        is_coord = coord >= 0
        near = torch.softmax(-(self.values[None] - coord[is_coord].float()[:, None]) ** 2 / (2 * sigma * sigma), -1)
        among = logp[is_coord][:, self.numbers]
        text = ((nll[~is_coord] * weight[~is_coord]).sum() - (weight[is_coord] * (near * among).sum(-1)).sum()) / weight.sum()
        cells, seen = self.cell_loss(self.heads["v"](v.reshape(-1, hidden)), shape, color, relative, 1)
        mixed = self.heads["m"](mid.reshape(-1, hidden))
        again, _ = self.cell_loss(mixed[:, :-2], shape, color, box, .5)
        again = again + 4 * (mixed[:, -2:] - place).abs().mean()
        starts = t(batch["box"]).nonzero()[:, 0]
        whole = torch.zeros(())
        if len(starts):     # a box is four number tokens with commas between
            truth = torch.stack([coord[starts + k] for k in (0, 2, 4, 6)], 1).float() / GRID
            at = F.rms_norm(deep.reshape(-1, hidden)[predict[starts]], (hidden,))
            whole = (self.heads["d"](at) - truth).abs().mean()
        loss = text + .3 * cells + .3 * again + 3 * whole
        kind = batch["kind"]
        with torch.no_grad():
            plain = ~is_coord & (weight > 1) & (target != self.end)
            seen = dict(seen, loss=text.detach(), form=nll[~is_coord & (weight == 1)].mean(), plain=nll[plain].mean(),
                        right=(logits[plain].argmax(1) == target[plain]).float().mean(), whole=whole,
                        coord=(among.argmax(1) * STEP - coord[is_coord]).abs().float().mean())
        return loss, {k if kind == "picture" else f"{kind}_{k}": v.item() for k, v in seen.items() if kind == "picture" or k in ("plain", "right")}
