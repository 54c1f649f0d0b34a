"""The report in a real browser: collected only where SCRATCHMARK_CHROMIUM names one, as `tox -e browser` does."""

import os

collect_ignore_glob = [] if "SCRATCHMARK_CHROMIUM" in os.environ else ["test_*.py"]
