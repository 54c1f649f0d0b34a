"""Randomness by role: what one role draws never shifts what another draws, so trials of one seed are paired."""

from zlib import crc32

import numpy as np

ROLES = ("split", "initialization", "batches", "dropout", "augmentation", "optimizer")


def generator(seed: int, role: str) -> np.random.Generator:
    """The Generator of `role`, one of ROLES, for `seed`; two roles of one seed are independent."""
    if role not in ROLES:
        raise ValueError(f"generator: role must be one of {', '.join(ROLES)}, got {role!r}")
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(crc32(role.encode()),)))
