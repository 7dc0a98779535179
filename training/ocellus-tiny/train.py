"""python train.py RUN --tokenizer TOKENIZER.json [--resume CHECKPOINT] --minutes 90: trains into RUN/checkpoint.pt.

Two single-threaded processes share the parameters; the micro-batches of a step are handed out from a common counter, so
that neither waits for the other inside an operator. Each draws its scenes in a helper process.
"""
import argparse
import math
import multiprocessing as mp
import os
import time

import numpy as np
import torch

from feed import serve
from losses import Losses, auxiliary_heads
from model import CONFIG, Tiny
from optimizer import Optimizer
from pack import Packer

CONTEXT = mp.get_context("spawn")
WIDE, NARROW = 10.0, 4.0        # width of the coordinates' target at full and at zero learning rate


def arguments():
    """The command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("run", help="folder for checkpoint.pt and train.log")
    ap.add_argument("--tokenizer", required=True)
    ap.add_argument("--resume", default="", help="a checkpoint.pt, or a folder with model.safetensors (then the auxiliary heads start anew)")
    ap.add_argument("--stills", action="store_true", help="the checkpoint has seen no clips: both frames of a patch start from the same weights")
    ap.add_argument("--freeze", action="store_true", help="leave the vision tower as it is: a third cheaper")
    ap.add_argument("--minutes", type=float, default=90, help="wall time of the whole run")
    ap.add_argument("--decay", type=float, default=60, help="the learning rate falls to zero over the last so many minutes")
    ap.add_argument("--vision", type=int, default=0, help="train the vision tower alone for so many steps first")
    ap.add_argument("--rate", type=float, default=2.5e-3, help="Muon's learning rate")
    ap.add_argument("--adam", type=float, default=1e-3, help="AdamW's learning rate")
    ap.add_argument("--warm", type=int, default=30, help="steps over which the learning rate rises")
    ap.add_argument("--micro", type=int, default=4, help="scenes in a micro-batch")
    ap.add_argument("--accumulate", type=int, default=4, help="micro-batches in a step")
    ap.add_argument("--length", type=int, default=272, help="tokens in a row")
    ap.add_argument("--save", type=int, default=100, help="steps between checkpoints")
    ap.add_argument("--processes", type=int, default=2)
    ap.add_argument("--seed", type=int, default=1)
    return ap.parse_args()


@torch.no_grad()
def spread_numbers(net, packer):
    """Neighbouring numbers start as neighbours: their embeddings are Fourier features of the value."""
    n = torch.arange(10, 1025).float()
    waves = torch.logspace(math.log10(48), math.log10(2600), 20)
    f = torch.cat([torch.cos(2 * math.pi * n[:, None] / waves), torch.sin(2 * math.pi * n[:, None] / waves)], 1)
    f = f @ torch.randn(40, CONFIG["hidden"]) / math.sqrt(20)
    ids = torch.tensor([packer.encode(str(int(k)))[0] for k in n])
    net.model.language_model.embed_tokens.weight[ids] = 0.02 * f + 0.004 * torch.randn_like(f)


def load(path, net, heads):
    """Continues from a checkpoint; -> number of steps behind it"""
    if os.path.isdir(path):
        from safetensors.torch import load_file
        names = lambda k: "model.visual." + k[7:] if k.startswith("visual.") else "model.language_model." + k[6:]
        net.load_state_dict({names(k): v.float() for k, v in load_file(os.path.join(path, "model.safetensors")).items()})
        return 0
    saved = torch.load(path)
    net.load_state_dict(saved["net"])
    heads.load_state_dict(saved["aux"])
    return saved["step"]


class Shared:
    """What the processes have in common besides the parameters."""

    def __init__(self, processes, parameters, vision, factor):
        self.grads = torch.zeros(processes, parameters).share_memory_()
        self.ticket = CONTEXT.Value("l", 0)         # micro-batches handed out
        self.vision = CONTEXT.Value("i", vision)    # whether only the vision tower is trained
        self.factor = CONTEXT.Value("d", factor)    # of the learning rate
        self.done = CONTEXT.Value("i", 0)
        self.barrier = CONTEXT.Barrier(processes)


def factor_at(args, step, began):
    """Learning rate as a share of its maximum: rises over the first steps, falls over the last minutes."""
    left = args.minutes - (time.time() - began) / 60
    return min(1.0, (step + 1) / args.warm) * max(0.0, min(1.0, left / args.decay))


def work(rank, args, net, heads, shared, before, parent):
    """One training process. `before`: steps of earlier runs."""
    torch.set_num_threads(1)
    torch._dynamo.config.recompile_limit = 64
    queue = CONTEXT.Queue(maxsize=8)
    seed = args.seed * 1000 + rank * 131 + before * 17
    CONTEXT.Process(target=serve, args=(queue, args.tokenizer, seed, args.micro, args.length, shared.vision, os.getpid()), daemon=True).start()
    losses = Losses(net, heads, Packer(args.tokenizer))
    named = [(k, p) for k, p in net.named_parameters() if p.requires_grad] + [("head." + k, p) for k, p in heads.named_parameters()]
    optimizer = Optimizer(named, shared.grads, rank)
    for block in [*net.model.visual.blocks, *net.model.language_model.layers]:
        block.compile(dynamic=False)
    log = open(os.path.join(args.run, "train.log"), "a") if rank == 0 else None
    began, step, seen = time.time(), 0, {}
    while not shared.done.value:
        if rank and os.getppid() != parent:
            return
        while True:
            with shared.ticket.get_lock():
                if shared.ticket.value >= (step + 1) * args.accumulate:
                    break
                shared.ticket.value += 1
            factor = shared.factor.value
            loss, measures = losses(queue.get(), NARROW + (WIDE - NARROW) * factor)
            (loss / args.accumulate).backward()
            for k, v in measures.items():
                seen.setdefault(k, []).append(v)
        shared.barrier.wait()
        optimizer.step(args.rate * shared.factor.value, args.adam * shared.factor.value)
        step += 1
        shared.barrier.wait()
        shared.grads[rank].zero_()
        if rank == 0:
            shared.factor.value = factor_at(args, step, began)
            shared.vision.value = int(before + step < args.vision)
            shared.done.value = int(shared.factor.value <= 0)
            if step % 25 == 0:
                minutes = (time.time() - began) / 60
                line = f"{before + step} " + " ".join(f"{k}={np.nanmean(v):.3f}" for k, v in sorted(seen.items()))
                print(f"{line} rate={factor:.3f} scenes/s={step * args.accumulate * args.micro / minutes / 60:.1f} minutes={minutes:.1f}", file=log, flush=True)
                seen = {}
            if step % args.save == 0 or shared.done.value:
                path = os.path.join(args.run, "checkpoint.pt")
                torch.save(dict(net=net.state_dict(), aux=heads.state_dict(), step=before + step), path + ".part")
                os.replace(path + ".part", path)
        shared.barrier.wait()


def main():
    args = arguments()
    os.nice(10)
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
    os.makedirs(args.run, exist_ok=True)
    torch.manual_seed(args.seed)
    net, heads = Tiny(), auxiliary_heads(CONFIG["hidden"])
    spread_numbers(net, Packer(args.tokenizer))
    before = load(args.resume, net, heads) if args.resume else 0
    if args.stills:
        with torch.no_grad():
            w = net.model.visual.patch_embed.proj.weight
            w.copy_(w.mean(2, keepdim=True).expand_as(w))
    net.model.visual.requires_grad_(not args.freeze)
    net.share_memory()
    heads.share_memory()
    parameters = sum(p.numel() for m in (net, heads) for p in m.parameters() if p.requires_grad)
    shared = Shared(args.processes, parameters, int(before < args.vision), 1 / args.warm)
    others = [CONTEXT.Process(target=work, args=(r, args, net, heads, shared, before, os.getpid())) for r in range(1, args.processes)]
    for p in others:
        p.start()
    work(0, args, net, heads, shared, before, os.getpid())
    for p in others:
        p.join()


if __name__ == "__main__":
    main()
