"""CBAM ResNets in PyTorch: the peer that Fovea is measured against.

The same networks as Fovea's `model:` section describes (post-activation ResNet, CBAM after the block's last batch
norm, variant `official`), written with stock torch.nn modules as a PyTorch user would. The parameters have the names
that `fovea import` and `fovea export` know.
"""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F


class ChannelGate(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        hidden = max(1, channels // reduction)
        self.mlp = nn.Sequential(nn.Flatten(), nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels))

    def forward(self, x):
        pooled = [F.adaptive_avg_pool2d(x, 1), F.adaptive_max_pool2d(x, 1)]
        score = sum(self.mlp(p) for p in pooled)
        return x * torch.sigmoid(score)[:, :, None, None]


class SpatialGate(nn.Module):
    def __init__(self, kernel=7):
        super().__init__()
        self.spatial = nn.Sequential(OrderedDict(
            conv=nn.Conv2d(2, 1, kernel, padding=kernel // 2, bias=False),
            bn=nn.BatchNorm2d(1, eps=1e-5, momentum=0.01)))
        nn.init.zeros_(self.spatial.bn.weight)

    def forward(self, x):
        pooled = torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.spatial(pooled))


class CBAM(nn.Sequential):
    def __init__(self, channels, reduction=16):
        super().__init__(OrderedDict(ChannelGate=ChannelGate(channels, reduction), SpatialGate=SpatialGate()))


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inputs, outputs, stride, attention, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.cbam = CBAM(outputs) if attention else nn.Identity()
        self.downsample = Shortcut.make(inputs, outputs, stride, shortcut)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.cbam(self.bn2(self.conv2(y)))
        return F.relu(y + self.downsample(x))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inputs, width, stride, attention, shortcut):
        super().__init__()
        outputs = width * self.expansion
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.cbam = CBAM(outputs) if attention else nn.Identity()
        self.downsample = Shortcut.make(inputs, outputs, stride, shortcut)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.cbam(self.bn3(self.conv3(y)))
        return F.relu(y + self.downsample(x))


class Shortcut:
    @staticmethod
    def make(inputs, outputs, stride, kind):
        if stride == 1 and inputs == outputs:
            return nn.Identity()
        if kind == "padding":
            return PaddedShortcut(stride, outputs - inputs)
        return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class PaddedShortcut(nn.Module):
    def __init__(self, stride, extra):
        super().__init__()
        self.stride, self.extra = stride, extra

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, self.extra // 2, self.extra - self.extra // 2))


class ResNet(nn.Module):
    def __init__(self, block, blocks, widths, classes, stem="cifar", attention=True, shortcut="projection"):
        super().__init__()
        channels = widths[0]
        if stem == "cifar":
            self.conv1, self.pool = nn.Conv2d(3, channels, 3, 1, 1, bias=False), nn.Identity()
        else:
            self.conv1, self.pool = nn.Conv2d(3, channels, 7, 2, 3, bias=False), nn.MaxPool2d(3, 2, 1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.stages = len(widths)
        for stage, (count, width) in enumerate(zip(blocks, widths), start=1):
            layer = nn.Sequential()
            for index in range(count):
                stride = 2 if index == 0 and stage > 1 else 1
                layer.append(block(channels, width, stride, attention, shortcut))
                channels = width * block.expansion
            self.add_module(f"layer{stage}", layer)
        self.fc = nn.Linear(channels, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


def network(name, classes=10, attention=True):
    """A network by the name that Fovea's `model.architecture` gives it."""
    if name == "resnet20":
        return ResNet(BasicBlock, [3, 3, 3], [16, 32, 64], classes, attention=attention, shortcut="padding")
    if name == "resnet18-cifar":
        return ResNet(BasicBlock, [2, 2, 2, 2], [64, 128, 256, 512], classes, attention=attention)
    if name == "resnet18":
        return ResNet(BasicBlock, [2, 2, 2, 2], [64, 128, 256, 512], classes, stem="imagenet", attention=attention)
    if name == "resnet50":
        return ResNet(Bottleneck, [3, 4, 6, 3], [64, 128, 256, 512], classes, stem="imagenet", attention=attention)
    raise SystemExit(f"no network is called {name}")


def settled(name, size):
    """A network as after some training: random affine parameters, also in the spatial gates, where gamma starts at 0,
    and running statistics that fit them, so that values neither vanish nor grow from layer to layer."""
    torch.manual_seed(1)
    model = network(name)
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, std=0.2)
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1
    with torch.no_grad():
        model.train()(torch.randn(8, 3, size, size))
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
    return model.eval()
