"""`python -m bench` is `scratchmark`."""

from bench.cli import main

main()
