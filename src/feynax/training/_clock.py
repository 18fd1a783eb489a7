"""CPU time of training, apart from that of compiling and evaluating."""

import contextlib
import time
from collections.abc import Iterator


class Clock:
    """Adds up the CPU seconds of training, and says when a budget is spent.

    **Arguments:**

    - `budget`: CPU seconds; 0 for no end.
    """

    def __init__(self, budget: float):
        self.budget = budget
        self.compile_seconds = 0.0
        self._begun = time.process_time()

    @property
    def spent(self) -> float:
        """CPU seconds of training so far, earlier sittings included."""
        return time.process_time() - self._begun

    def start(self, earlier: float) -> None:
        """Begin to count, on top of what earlier sittings took."""
        self._begun = time.process_time() - earlier

    def is_over(self) -> bool:
        """Whether the budget is spent."""
        return 0 < self.budget <= self.spent

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Leave out what is done within."""
        begun = time.process_time()
        yield
        self._begun += time.process_time() - begun

    @contextlib.contextmanager
    def compiling(self) -> Iterator[None]:
        """Leave out what is done within, and take its wall time."""
        begun = time.perf_counter()
        with self.aside():
            yield
        self.compile_seconds += time.perf_counter() - begun
