#!/usr/bin/python3
"""torch_steps - how fast PyTorch trains the network of an experiment on synthetic images.

    torch_steps.py version
    torch_steps.py EXPERIMENT.txt --precision f32|bf16 --layout contiguous|channels-last
                   --threads N --seconds N

EXPERIMENT.txt is a canonical text. The networks are those that src/tests/parity.py compares with
ours, with PyTorch's own ReLU in place; bf16 is torch.autocast. After a warm-up, steps (forward,
backward, SGD with momentum) are taken for so many seconds, at least one. Prints lines
"NAME VALUE": train, images a second; peak, bytes of this process.
"""

import argparse
import os
import sys
import time
import types

import torch
import torch.nn.functional as F

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import parity

RATE = 1e-3  # that of our trainer's benchmark


def network_of(experiment, layout):
    family = parity.FAMILIES[experiment["network.family"]]

    class Made(family):
        """A tensor is made when the network first asks for it."""

        def take(self, name, *shape):
            if name not in self.tensors:
                self.tensors[name] = self.make(name, shape)
            return super().take(name, *shape)

        def make(self, name, shape):
            if name.endswith("running_mean"):
                return torch.zeros(shape)
            if name.endswith("running_var"):
                return torch.ones(shape)
            if len(shape) == 4:
                deviation = (2 / (shape[0] * shape[2] * shape[3])) ** 0.5
                tensor = (torch.randn(shape) * deviation).contiguous(memory_format=layout)
            elif len(shape) == 2:
                tensor = torch.randn(shape) / shape[1] ** 0.5
            else:
                tensor = torch.ones(shape) if name.endswith("weight") else torch.zeros(shape)
            return tensor.requires_grad_()

        def relu(self, name, x):
            return F.relu_(x)

    return Made(experiment, {}, torch.float32)


def peak_bytes():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    raise RuntimeError("/proc/self/status: expected a line VmHWM")


def measure(arguments):
    torch.manual_seed(1)
    torch.set_num_threads(arguments.threads)
    experiment = parity.read_experiment(arguments.experiment)
    batch = int(experiment["training.batch"])
    last = arguments.layout == "channels-last"
    layout = torch.channels_last if last else torch.contiguous_format
    inputs = torch.randn(batch, 3, 32, 32).contiguous(memory_format=layout)
    labels = torch.randint(10, (batch,))
    network = network_of(experiment, layout)
    with torch.no_grad():
        network(inputs[:2])
    optimizer = parity.optimizer_of(types.SimpleNamespace(experiment=experiment), network)
    low = arguments.precision == "bf16"

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=low):
            loss = F.cross_entropy(network(inputs), labels)
        loss.backward()
        parity.descend(optimizer, RATE)

    started = time.monotonic()
    step()
    while time.monotonic() - started < arguments.seconds / 3:
        step()
    steps, started = 0, time.monotonic()
    while steps == 0 or time.monotonic() - started < arguments.seconds:
        step()
        steps += 1
    print("train", steps * batch / (time.monotonic() - started))
    print("peak", peak_bytes())


def main():
    if sys.argv[1:] == ["version"]:
        print(f"{torch.__version__} ({sys.executable})")
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("experiment")
    parser.add_argument("--precision", choices=("f32", "bf16"), required=True)
    parser.add_argument("--layout", choices=("contiguous", "channels-last"), required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    measure(parser.parse_args())


if __name__ == "__main__":
    main()
