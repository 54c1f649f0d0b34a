"""What the machine did while something was timed: its load, its clock, and what a hypervisor took of it."""

import psutil


class Conditions:
    """The machine from now on; `sample` it between the rounds."""

    def __init__(self) -> None:
        psutil.cpu_times_percent()  # the next call counts from here
        self.loads: list[float] = []
        self.clocks: list[float] = []
        self.sample()

    def sample(self) -> None:
        """Note the load and, where the system says it, the clock."""
        self.loads.append(psutil.getloadavg()[0])
        if mhz := _mhz():
            self.clocks.append(mhz)

    def summary(self) -> dict[str, float | None]:
        """The largest load average of a minute, the slowest and the fastest clock, and the steal so far.

        `steal_percent` is what a hypervisor took of the time of all processors. What the system does not say is None:
        hardly any but Linux knows of steal.
        """
        return {
            "load": max(self.loads),
            "mhz_min": min(self.clocks, default=None),
            "mhz_max": max(self.clocks, default=None),
            "steal_percent": getattr(psutil.cpu_times_percent(), "steal", None),
        }


def _mhz() -> float | None:
    try:
        return psutil.cpu_freq().current
    except (AttributeError, OSError, RuntimeError):  # no such function, nothing found by it, or not where it looked
        return None
