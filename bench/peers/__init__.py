"""How fast a training step is beside the same step of other libraries: `python -m bench.peers`.

Each contender makes the same steps: gather the next batch in a given order, forward, loss, backward, update. All start
from the same weights and must come to the same loss before they are timed. Then they race in one process, on one
thread, one after the other in every repeat, so that a slow minute of the machine is a slow minute for all; the
ratios are formed within a repeat.

The peers are no dependencies of the package: `tox -e peers` installs them.
"""
