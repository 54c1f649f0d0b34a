"""The fixed core: a dense network in NumPy whose parameters lie in one flat vector."""

from network.batch_norm import BatchNorm
from network.gradient_check import GradientReport, check_gradient, check_network
from network.initializers import initialize
from network.inspection import LayerNorms, layer_norms
from network.layout import Layout, Parameter
from network.mlp import Network, Score
from network.penalty import Penalty

__all__ = [
    "BatchNorm",
    "GradientReport",
    "LayerNorms",
    "Layout",
    "Network",
    "Parameter",
    "Penalty",
    "Score",
    "check_gradient",
    "check_network",
    "initialize",
    "layer_norms",
]
