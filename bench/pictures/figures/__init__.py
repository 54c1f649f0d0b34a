"""The drawings, a file for each kind. Import it late, matplotlib takes its time."""

from bench.pictures.figures.bias_correction import bias_correction
from bench.pictures.figures.landscapes import animation, landscape
from bench.pictures.figures.mistakes import mistakes
from bench.pictures.figures.schedules import schedules
from bench.pictures.figures.signals import signals, symmetry

__all__ = ["animation", "bias_correction", "landscape", "mistakes", "schedules", "signals", "symmetry"]
