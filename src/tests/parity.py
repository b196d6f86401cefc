"""parity - our networks against the same networks built in PyTorch.

    python3 parity.py KDECAY OUT EXPERIMENT.ini...

For each experiment `KDECAY probe` (src/train/probe.h) takes 50 steps and writes down what it did below
OUT. Here the network is built once more from its paper's description, on torch.nn.functional and
torch.optim alone, starts from the same checkpoint, is fed the same images, and its numbers are
compared with ours. The reference is PyTorch in float64.

One step: the first, where BN's scales are 1 and its shifts 0, and the last, where they no longer
are. Loss, logits, every gradient, every running statistic, and what SGD makes of the gradients. Our
float32 is all that keeps the two apart, so that the tolerances are constants, below. One thing
remains: a value that lies within rounding of a ReLU's kink may be cut off here and let through
there, and one such decision moves a gradient by percents. Decisions about values nearer to 0 than
KINK may therefore be taken the other way where ours were; how many that is of how many is shown.

All steps: the losses. Rounding grows from step to step, as training is chaotic, so that no constant
would be both fair and sharp. The yardstick is PyTorch's own float32: it takes the same steps RUNS
times, each time with the images of a batch in another order, which only rounds otherwise. At any
step we may be TIMES as far from float64 as the farthest of these has been, up to LEAD steps later
(a kink that one passes now, another passes a little later). Constants cap this, too.

Mistakes: the reference is built wrong on purpose, one detail a time (which value a shortcut carries,
the order of a concatenation, ...), and the comparison must notice each.

An experiment of Weight Blocks has no counterpart in PyTorch. What `KDECAY export` writes after the
same 50 steps has: the ordinary network with the weights that the blocks make. Of the last step's
images, with the running statistics, it must say what ours says; with another convolution's weights
negated it must not.

Ends with "N passed, N failed"; status 1 if any failed.
"""

import json
import math
import os
import shutil
import subprocess
import sys

import numpy
import torch
import torch.nn.functional as F

# ---- Tolerances ----------------------------------------------------------------------------------

LOSS = 2e-7  # of the loss
LOGITS = 5e-6  # of the step's largest logit; measured over all networks: at most 1.2e-6
GRADIENT = 1e-4  # of the tensor's largest gradient
STATISTICS = 1e-6  # of the tensor's largest running mean or variance
UPDATE = 1e-6  # of the tensor's largest momentum or value
# Before a ReLU, where values are about 1; the second one if the first explains too little, and only
# with Winograd, whose errors reach 2e-6 of the largest value (winograd.h).
KINK = (2e-6, 1e-5)
RUNS = 6
TIMES = 3  # PyTorch's float32 distance from float64
LEAD = 2  # steps
FLOOR = 1e-6  # distances below it are not told apart
CAPS = ((10, 5e-3), (50, 5e-2))  # up to this step, of the loss
RATE = 1e-12  # of the learning rate

# ---- What the probe wrote ------------------------------------------------------------------------

DEFAULTS = {
    "network.weights": "free",
    "network.block": "basic",
    "network.shortcut": "a",
    "network.width": "0",
    "network.growth": "0",
    "network.dropout": "0",
    "training.decayed": "all",
    "training.convolution": "auto",
    "schedule.k": "1",
    "schedule.update": "step",
    "schedule.cycle": "0",
    "schedule.warmup_steps": "0",
}


def read_experiment(path):
    experiment = dict(DEFAULTS)
    with open(path) as file:
        for line in file:
            key, value = line.rstrip("\n").split(" = ")
            experiment[key] = value
    return experiment


def read_safetensors(path):
    """The tensors by name, in the order of their data."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        data = file.read()
    del header["__metadata__"]
    tensors = {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert entry["dtype"] == "F32"
        start, end = entry["data_offsets"]
        tensors[name] = numpy.frombuffer(data[start:end], "<f4").reshape(entry["shape"])
    return tensors


def read_table(path):
    with open(path) as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def read_logits(folder):
    return numpy.fromfile(os.path.join(folder, "logits.bin"), "<f4").reshape(-1, 10)


class Moment:
    """One step laid open: the state before, the gradients, the state after."""

    def __init__(self, folder, index, row):
        self.index, self.loss, self.wrong = index, float(row["loss"]), int(row["wrong"])
        self.lr, self.logits = float(row["lr"]), read_logits(folder)
        self.before = read_safetensors(os.path.join(folder, "before.safetensors"))
        self.after = read_safetensors(os.path.join(folder, "after.safetensors"))
        data = numpy.fromfile(os.path.join(folder, "gradients.bin"), "<f4")
        self.gradients, used = {}, 0
        for name, tensor in self.before.items():
            if "momentum." + name in self.before:
                self.gradients[name] = data[used : used + tensor.size].reshape(tensor.shape)
                used += tensor.size
        assert used == data.size


class Probe:
    def __init__(self, folder):
        def at(name):
            return os.path.join(folder, name)

        self.experiment = read_experiment(at("experiment.txt"))
        self.steps = read_table(at("steps.tsv"))
        self.first = Moment(at("first"), 0, self.steps[0])
        self.last = Moment(at("last"), len(self.steps) - 1, self.steps[-1])
        self.evaluation = read_table(at("evaluation/losses.tsv"))[0]
        self.evaluation_logits = read_logits(at("evaluation"))
        self.inputs = numpy.fromfile(at("inputs.bin"), "<f4").reshape(-1, 3, 32, 32)
        self.labels = numpy.fromfile(at("labels.bin"), "<i4")

    def batch(self, index, dtype):
        """Inputs and labels of step `index`, from 0."""
        counts = [int(row["images"]) for row in self.steps]
        first = sum(counts[:index])
        last = first + counts[index]
        inputs = torch.from_numpy(self.inputs[first:last].copy()).to(dtype)
        return inputs, torch.from_numpy(self.labels[first:last].astype("int64"))


# ---- The networks, from the papers ---------------------------------------------------------------


BIASED = "running variance from the biased estimate"
EPSILON = "epsilon 1e-3 in batch normalisation"
LOG_SOFTMAX = "log-softmax in place of logits"


class Network:
    """What all of them share. `mistake` names the detail that is built wrong, or is None."""

    def __init__(self, experiment, tensors, dtype, mistake=None):
        self.experiment, self.mistake = experiment, mistake
        self.training, self.used = True, set()
        self.flipped, self.watched = set(), None  # see relu()
        self.tensors = {}
        for name, values in tensors.items():
            if not name.startswith("momentum."):
                tensor = torch.from_numpy(values.copy()).to(dtype)
                trained = "momentum." + name in tensors
                self.tensors[name] = tensor.requires_grad_() if trained else tensor

    def trained(self):
        return {name: t for name, t in self.tensors.items() if t.requires_grad}

    def running(self):
        return {name: t for name, t in self.tensors.items() if not t.requires_grad}

    def take(self, name, *shape):
        tensor = self.tensors[name]
        assert tuple(tensor.shape) == shape, (name, tensor.shape, shape)
        self.used.add(name)
        return tensor

    def conv(self, name, x, channels, kernel, stride=1):
        weight = self.take(name + ".weight", channels, x.shape[1], kernel, kernel)
        return F.conv2d(x, weight, stride=stride, padding=kernel // 2)

    def norm(self, name, x):
        """Batch normalisation, then ReLU."""
        channels = x.shape[1]
        mean = self.take(name + ".running_mean", channels)
        variance = self.take(name + ".running_var", channels)
        weight = self.take(name + ".weight", channels)
        bias = self.take(name + ".bias", channels)
        if self.mistake == BIASED and self.training:
            with torch.no_grad():
                mean.mul_(0.9).add_(0.1 * x.mean((0, 2, 3)))
                variance.mul_(0.9).add_(0.1 * x.var((0, 2, 3), unbiased=False))
            mean = variance = None
        epsilon = 1e-3 if self.mistake == EPSILON else 1e-5
        x = F.batch_norm(x, mean, variance, weight, bias, self.training, 0.1, epsilon)
        return self.relu(name, x)

    def relu(self, name, x):
        """The decisions in `flipped`, pairs of name and place, are taken the other way. `watched`,
        where it is not None, gathers what comes in and out."""
        passed = x > 0
        for flipped, place in self.flipped:
            if flipped == name:
                passed.view(-1)[place].logical_not_()
        out = torch.where(passed, x, torch.zeros_like(x))
        if self.watched is not None:
            out.retain_grad()
            self.watched[name] = x, out
        return out

    def head(self, x):
        x = x.mean((2, 3))
        weight = self.take("classifier.weight", 10, x.shape[1])
        return F.linear(x, weight, self.take("classifier.bias", 10))

    def __call__(self, inputs):
        logits = self.forward(inputs)
        assert self.used == set(self.tensors), self.used ^ set(self.tensors)
        return F.log_softmax(logits, 1) if self.mistake == LOG_SOFTMAX else logits


class PreAct(Network):
    """He et al., arXiv 1603.05027: depth 6n+2 of basic blocks or 9n+2 of bottlenecks. The first
    unit's activation stands before the split (section 3 there). Shortcuts that change shape:
    option A from the raw value, or a projection of the activated one."""

    mistakes = ("first unit's shortcut is raw", "changed shortcut from the other value")

    def forward(self, x):
        bottleneck = self.experiment["network.block"] == "bottleneck"
        units, rest = divmod(int(self.experiment["network.depth"]) - 2, 9 if bottleneck else 6)
        assert rest == 0
        x = self.conv("stem", x, 16, 3)
        for stage in (1, 2, 3):
            channels = 16 * 2 ** (stage - 1)
            for unit in range(1, units + 1):
                name = f"stage{stage}.unit{unit}."
                stride = 2 if stage > 1 and unit == 1 else 1
                active = self.norm(name + "norm1", x)
                shortcut = self.shortcut(name, x, active, stage, unit, bottleneck)
                if bottleneck:
                    y = self.conv(name + "conv1", active, channels, 1, stride)
                    y = self.conv(name + "conv2", self.norm(name + "norm2", y), channels, 3)
                    y = self.conv(name + "conv3", self.norm(name + "norm3", y), 4 * channels, 1)
                else:
                    y = self.conv(name + "conv1", active, channels, 3, stride)
                    y = self.conv(name + "conv2", self.norm(name + "norm2", y), channels, 3)
                x = shortcut + y
        return self.head(self.norm("norm", x))

    def shortcut(self, name, x, active, stage, unit, bottleneck):
        first = stage == 1 and unit == 1
        if unit > 1 or (first and not bottleneck):
            return active if first and self.mistake != self.mistakes[0] else x
        swap = self.mistake in self.mistakes[0 if first else 1 :]
        channels = 16 * 2 ** (stage - 1) * (4 if bottleneck else 1)
        stride = 1 if first else 2
        if self.experiment["network.shortcut"] == "projection":
            return self.conv(name + "shortcut", x if swap else active, channels, 1, stride)
        x = (active if swap else x)[:, :, ::stride, ::stride]
        return torch.cat((x, x.new_zeros(len(x), channels - x.shape[1], *x.shape[2:])), 1)


class WideResNet(Network):
    """Zagoruyko and Komodakis, arXiv 1605.07146: depth 6n+4, widening factor w. A unit that changes
    shape projects the activated value; all others add the raw one."""

    mistakes = ("first unit's shortcut is activated", "changed shortcut from the other value")

    def forward(self, x):
        units, rest = divmod(int(self.experiment["network.depth"]) - 4, 6)
        width = int(self.experiment["network.width"])
        assert rest == 0
        x = self.conv("stem", x, 16, 3)
        for stage in (1, 2, 3):
            channels = 16 * width * 2 ** (stage - 1)
            for unit in range(1, units + 1):
                name = f"stage{stage}.unit{unit}."
                stride = 2 if stage > 1 and unit == 1 else 1
                active = self.norm(name + "norm1", x)
                if unit == 1 and (stage > 1 or width > 1):
                    source = x if self.mistake == self.mistakes[1] else active
                    shortcut = self.conv(name + "shortcut", source, channels, 1, stride)
                elif stage == 1 and unit == 1 and self.mistake == self.mistakes[0]:
                    shortcut = active
                else:
                    shortcut = x
                y = self.conv(name + "conv1", active, channels, 3, stride)
                y = self.conv(name + "conv2", self.norm(name + "norm2", y), channels, 3)
                x = shortcut + y
        return self.head(self.norm("norm", x))


class DenseNet(Network):
    """Huang et al., arXiv 1608.06993: DenseNet-BC of depth 6n+4 and growth k."""

    mistakes = ("new channels before the old ones", "transitions pool the largest value")

    def forward(self, x):
        layers, rest = divmod(int(self.experiment["network.depth"]) - 4, 6)
        growth = int(self.experiment["network.growth"])
        assert rest == 0
        x = self.conv("stem", x, 2 * growth, 3)
        for block in (1, 2, 3):
            for layer in range(1, layers + 1):
                name = f"block{block}.layer{layer}."
                y = self.conv(name + "conv1", self.norm(name + "norm1", x), 4 * growth, 1)
                y = self.conv(name + "conv2", self.norm(name + "norm2", y), growth, 3)
                x = torch.cat((y, x) if self.mistake == self.mistakes[0] else (x, y), 1)
            if block < 3:
                name = f"transition{block}."
                x = self.conv(name + "conv", self.norm(name + "norm", x), x.shape[1] // 2, 1)
                pool = F.max_pool2d if self.mistake == self.mistakes[1] else F.avg_pool2d
                x = pool(x, 2)
        return self.head(self.norm("norm", x))


FAMILIES = {"preact": PreAct, "wide-resnet": WideResNet, "densenet-bc": DenseNet}

# ---- Passes and steps in PyTorch -----------------------------------------------------------------


def build(probe, tensors, dtype, mistake=None):
    family = FAMILIES[probe.experiment["network.family"]]
    return family(probe.experiment, tensors, dtype, mistake)


def one_pass(probe, moment, mistake=None, flipped=(), watch=False):
    """The network after a forward and a backward pass in float64, its logits, loss, and the
    misclassified images."""
    network = build(probe, moment.before, torch.float64, mistake)
    network.flipped, network.watched = flipped, {} if watch else None
    inputs, labels = probe.batch(moment.index, torch.float64)
    logits = network(inputs)
    loss = F.cross_entropy(logits, labels)
    loss.backward(retain_graph=watch)
    wrong = int((logits.argmax(1) != labels).sum())
    return network, logits.detach().numpy(), loss.item(), wrong


def gradients_of(network):
    return {name: t.grad.numpy() for name, t in network.trained().items()}


def flip_effects(network, kink):
    """By name and place, what each decision near a kink adds to the gradients when it is taken the
    other way: one list of them all, each of its tensor's largest."""
    trained, effects = list(network.trained().values()), {}
    for name, (x, out) in network.watched.items():
        values = x.flatten()
        for place in (values.detach().abs() < kink).nonzero().flatten().tolist():
            slope = out.grad.flatten()[place] * (1 if values[place] <= 0 else -1)
            parts = torch.autograd.grad(
                values[place], trained, retain_graph=True, allow_unused=True
            )
            effects[name, place] = numpy.concatenate(
                [
                    (torch.zeros_like(t) if part is None else slope * part / t.grad.abs().max())
                    .detach()
                    .numpy()
                    .ravel()
                    for t, part in zip(trained, parts)
                ]
            )
    return effects


def nearest_pass(probe, moment):
    """one_pass() with those decisions near a kink flipped that explain, by least squares, what is
    missing to our gradients."""
    network, logits, loss, wrong = one_pass(probe, moment, watch=True)
    gradients = plain = gradients_of(network)
    is_winograd = network.experiment["training.convolution"] in ("winograd", "fused")
    for kink in KINK if is_winograd else KINK[:1]:
        effects, flipped = flip_effects(network, kink), []
        if effects and worst(moment.gradients, plain)[0] > GRADIENT:
            missing = numpy.concatenate(
                [
                    ((moment.gradients[name] - g) / numpy.max(numpy.abs(g))).ravel()
                    for name, g in plain.items()
                ]
            )
            shares = numpy.linalg.lstsq(numpy.stack(list(effects.values()), 1), missing, None)[0]
            flipped = [decision for decision, share in zip(effects, shares) if share > 0.5]
            gradients = gradients_of(one_pass(probe, moment, None, flipped)[0])
        if worst(moment.gradients, gradients)[0] <= GRADIENT:
            break
    note = f"{len(flipped)} of {len(effects)} kinks"
    return network, logits, loss, wrong, gradients, note


def evaluate(probe, tensors):
    """Logits, loss and misclassified images with the running statistics."""
    network = build(probe, tensors, torch.float64)
    network.training = False
    inputs, labels = probe.batch(probe.last.index, torch.float64)
    with torch.no_grad():
        logits = network(inputs)
        wrong = int((logits.argmax(1) != labels).sum())
        return logits.numpy(), F.cross_entropy(logits, labels).item(), wrong


NESTEROV = "no Nesterov momentum"
DECAY = "no weight decay on scales and shifts"


def optimizer_of(probe, network, mistake=None):
    experiment = probe.experiment
    assert experiment["training.decayed"] == "all"
    decay = float(experiment["training.weight_decay"])
    trained = network.trained().values()
    return torch.optim.SGD(
        [
            {"params": [t for t in trained if t.dim() > 1]},
            {
                "params": [t for t in trained if t.dim() == 1],
                "weight_decay": 0 if mistake == DECAY else decay,
            },
        ],
        lr=1,
        momentum=float(experiment["training.momentum"]),
        weight_decay=decay,
        nesterov=experiment["training.nesterov"] == "yes" and mistake != NESTEROV,
    )


def descend(optimizer, lr):
    for group in optimizer.param_groups:
        group["lr"] = lr
    optimizer.step()


def update(probe, moment, mistake=None):
    """Parameters and momentum after SGD's step from our state with our gradients, in float64."""
    network = build(probe, moment.before, torch.float64)
    optimizer = optimizer_of(probe, network, mistake)
    for name, tensor in network.trained().items():
        momentum = torch.from_numpy(moment.before["momentum." + name].copy()).double()
        optimizer.state[tensor]["momentum_buffer"] = momentum
        tensor.grad = torch.from_numpy(moment.gradients[name].copy()).double()
    descend(optimizer, moment.lr)
    after = {}
    for name, tensor in network.trained().items():
        after[name] = tensor.detach().numpy()
        after["momentum." + name] = optimizer.state[tensor]["momentum_buffer"].numpy()
    return after


def train(probe, dtype, run=0):
    """The losses of the probe's steps; each run but 0 has another order of a batch's images."""
    network = build(probe, probe.first.before, dtype)
    optimizer, losses = optimizer_of(probe, network), []
    generator = torch.Generator().manual_seed(run)
    for index, row in enumerate(probe.steps):
        inputs, labels = probe.batch(index, dtype)
        if run > 0:
            order = torch.randperm(len(labels), generator=generator)
            inputs, labels = inputs[order], labels[order]
        optimizer.zero_grad()
        loss = F.cross_entropy(network(inputs), labels)
        loss.backward()
        descend(optimizer, float(row["lr"]))
        losses.append(loss.item())
    return numpy.array(losses)


# ---- Comparisons ---------------------------------------------------------------------------------


def distance(value, reference):
    """The largest difference, of the largest entry of the reference."""
    return float(numpy.max(numpy.abs(value - reference)) / numpy.max(numpy.abs(reference)))


def worst(values, references):
    """The largest distance of any tensor, and its name."""
    return max((distance(values[name], references[name]), name) for name in references)


class Table:
    passed = failed = 0

    def row(self, good, what, measured, tolerance, note=""):
        Table.passed += good
        Table.failed += not good
        print(
            f"  {'ok' if good else 'FAILED':7}{what:46}{measured:>11}{tolerance:>13}  {note}".rstrip()
        )

    def compare(self, what, measured, tolerance, note=""):
        self.row(measured <= tolerance, what, f"{measured:.2e}", f"<= {tolerance:.2e}", note)

    def same(self, what, measured, expected):
        self.row(measured == expected, what, str(measured), f"== {expected}")


def compare_step(table, when, probe, moment):
    network, logits, loss, wrong, gradients, note = nearest_pass(probe, moment)
    table.compare(f"{when} step: loss", abs(moment.loss - loss) / loss, LOSS)
    table.compare(f"{when} step: logits", distance(moment.logits, logits), LOGITS)
    table.same(f"{when} step: misclassified", moment.wrong, wrong)
    measured, name = worst(moment.gradients, gradients)
    table.compare(f"{when} step: {len(gradients)} gradients", measured, GRADIENT, f"{name}; {note}")
    running = {name: t.numpy() for name, t in network.running().items()}
    measured, name = worst(moment.after, running)
    table.compare(f"{when} step: running statistics", measured, STATISTICS, name)
    measured, name = worst(moment.after, update(probe, moment))
    table.compare(f"{when} step: parameters, momentum", measured, UPDATE, name)


def compare_evaluation(table, probe, tensors):
    logits, loss, wrong = evaluate(probe, tensors)
    measured = abs(float(probe.evaluation["loss"]) - loss) / loss
    table.compare("evaluation: loss", measured, LOSS)
    table.compare("evaluation: logits", distance(probe.evaluation_logits, logits), LOGITS)
    table.same("evaluation: misclassified", int(probe.evaluation["wrong"]), wrong)


def compare_rates(table, probe):
    experiment = probe.experiment
    assert experiment["schedule.decay"] == "cosine"
    assert all(experiment[key] == DEFAULTS[key] for key in DEFAULTS if key.startswith("schedule."))
    high, low = float(experiment["schedule.lr"]), float(experiment["schedule.lr_end"])
    steps = int(experiment["data.train_pictures"]) // int(experiment["training.batch"])
    steps *= int(experiment["training.epochs"])
    rates = [
        low + (high - low) * (1 + math.cos(math.pi * step / steps)) / 2
        for step in range(len(probe.steps))
    ]
    ours = numpy.array([float(row["lr"]) for row in probe.steps])
    table.compare("learning rates", distance(ours, numpy.array(rates)), RATE)


def compare_traces(table, probe):
    reference = train(probe, torch.float64)

    def distances(losses):
        return numpy.abs(losses / reference - 1)

    own = [distances(train(probe, torch.float32, run)) for run in range(RUNS)]
    own = numpy.maximum.accumulate(numpy.maximum(numpy.max(own, 0), FLOOR))
    own = numpy.append(own[LEAD:], [own[-1]] * LEAD)
    ours = distances(numpy.array([float(row["loss"]) for row in probe.steps]))
    start = 0
    for end, cap in CAPS:
        what = f"losses of steps {start + 1} to {end}"
        step = start + int(numpy.argmax(ours[start:end]))
        table.compare(what, ours[step], cap, f"step {step + 1}; PyTorch float32: {own[step]:.2e}")
        step = start + int(numpy.argmax(ours[start:end] / own[start:end]))
        note = f"step {step + 1}; PyTorch float32: {own[step]:.2e}"
        table.compare(f"{what}, against float32", ours[step], TIMES * own[step], note)
        start = end


def compare_export(table, probe, kdecay, folder, path):
    """Train to the same step, export, and evaluate what was exported."""
    runs, exported = os.path.join(folder, "runs"), os.path.join(folder, "exported.safetensors")
    shutil.rmtree(runs, ignore_errors=True)
    checkpoints = ["--checkpoints", os.path.join(runs, "checkpoints")]
    subprocess.run([kdecay, "train", path, "--seed", "1", "--results", runs, *checkpoints], check=True,
                   stderr=subprocess.DEVNULL)
    subprocess.run([kdecay, "export", path, "--seed", "1", "--out", exported, *checkpoints], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    tensors = read_safetensors(exported)
    compare_evaluation(table, probe, tensors)
    print(" mistakes that must show")
    tensors["stage2.unit1.conv2.weight"] = -tensors["stage2.unit1.conv2.weight"]
    measured = distance(probe.evaluation_logits, evaluate(probe, tensors)[0])
    table.row(measured > LOGITS, "weights negated", f"{measured:.2e}", f"> {LOGITS:.2e}", "logits")


# ---- Mistakes ------------------------------------------------------------------------------------

def catch_mistakes(table, probe):
    """A reference with the mistake must lie outside of what is allowed to us."""

    def must_show(mistake, what, measured, tolerance):
        table.row(measured > tolerance, mistake, f"{measured:.2e}", f"> {tolerance:.2e}", what)

    moment = probe.last
    family = FAMILIES[probe.experiment["network.family"]]
    for mistake in (*family.mistakes, EPSILON):
        loss = one_pass(probe, moment, mistake)[2]
        must_show(mistake, "loss", abs(moment.loss - loss) / loss, LOSS)
    logits = one_pass(probe, moment, LOG_SOFTMAX)[1]
    must_show(LOG_SOFTMAX, "logits", distance(moment.logits, logits), LOGITS)
    network = one_pass(probe, moment, BIASED)[0]
    running = {name: t.numpy() for name, t in network.running().items()}
    must_show(BIASED, "running statistics", worst(moment.after, running)[0], STATISTICS)
    for mistake in (NESTEROV, DECAY):
        measured = worst(moment.after, update(probe, moment, mistake))[0]
        must_show(mistake, "parameters, momentum", measured, UPDATE)


# ---- Main ----------------------------------------------------------------------------------------


def check(kdecay, out, path):
    name = os.path.splitext(os.path.basename(path))[0]
    folder = os.path.join(out, name)
    subprocess.run(
        [kdecay, "probe", path, "--seed", "1", "--steps", str(CAPS[-1][0]), "--out", folder],
        check=True,
    )
    probe, table = Probe(folder), Table()
    assert float(probe.experiment["network.dropout"]) == 0
    if probe.experiment["network.weights"] != "free":
        print(f"{name}: exported")
        compare_export(table, probe, kdecay, folder, path)
        return
    print(f"{name}: {sum(t.size for t in probe.first.gradients.values())} parameters")
    compare_rates(table, probe)
    compare_step(table, "first", probe, probe.first)
    compare_step(table, "last", probe, probe.last)
    compare_evaluation(table, probe, probe.last.after)
    compare_traces(table, probe)
    print(" mistakes that must show")
    catch_mistakes(table, probe)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__.split("\n\n")[1].strip())
    torch.set_num_threads(os.cpu_count())
    for path in sys.argv[3:]:
        check(sys.argv[1], sys.argv[2], path)
    print(f"{Table.passed} passed, {Table.failed} failed")
    sys.exit(Table.failed > 0)


if __name__ == "__main__":
    main()
