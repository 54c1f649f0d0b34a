"""What every optimizer must pass, in checks that each say what was expected, what happened and what to do."""

from optimizers._conformance.check import Outcome, Status
from optimizers._conformance.kit import CHECKS, check_optimizer, run_checks

__all__ = ["CHECKS", "Outcome", "Status", "check_optimizer", "run_checks"]
