"""One peer a file; `LINEUP` names them in the order of the table's columns."""

from importlib import import_module

from bench.peers.contenders.contender import Contender

# A contender's module is imported when it is asked for: one that is not installed is a row with its reason.
LINEUP = {
    "product": ("product", "Product"),
    "torch eager": ("torch_eager", "TorchEager"),
    "torch fused": ("torch_eager", "TorchFused"),
    "torch.compile": ("torch_compile", "TorchCompile"),
    "scikit-learn": ("sklearn", "ScikitLearn"),
    "JAX step": ("jax_optax", "JaxStep"),
    "JAX scan": ("jax_optax", "JaxScan"),
    "textbook": ("textbook", "Textbook"),
    "GEMMs": ("gemms", "Gemms"),
}

REFERENCE = "textbook"  # plain and in double precision: the loss that all must come to
LIMIT = "GEMMs"  # makes the products of a step and nothing else: it has no loss


def contender(name: str) -> type[Contender]:
    """The class of the contender of this name."""
    module, kind = LINEUP[name]
    found: type[Contender] = getattr(import_module(f"{__name__}.{module}"), kind)
    return found


__all__ = ["LIMIT", "LINEUP", "REFERENCE", "Contender", "contender"]
