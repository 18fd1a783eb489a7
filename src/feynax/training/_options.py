"""What a training run is made of: numbers only, checked before anything is compiled."""

import dataclasses

from .._checks import check, check_choice, check_count, check_positive

SCHEDULES = ("onecycle", "cosine", "constant", "linear")
ENDLESS = 10**9  # steps of a run that time ends
_COUNTS_OR_NONE = (
    "eval_steps",
    "micro",
    "seed",
    "checkpoint_every",
    "updates",
    "evaluate_every",
    "population",
)


@dataclasses.dataclass(frozen=True)
class TrainOptions:
    """Numbers that decide a training run; the same options, data and devices give the same bits.

    **Fields:**

    - `epochs`, `batch`: passes over the data; examples a step (the last, short batch is dropped).
    - `updates`: optimiser steps, in place of `epochs`; endless tasks need it, or the next one.
    - `cpu_seconds`: stop after so many CPU seconds of training, in place of both; compiling and
      evaluations do not count. The rate then follows the share of them that is spent, so that
      two such runs agree only in distribution.
    - `evaluate_every`: in steps; 0 evaluates after each epoch, and at the end.
    - `rate`: largest learning rate; `schedule`: "onecycle" (cosine up for the share `warmup` of
      all steps, then cosine down to nothing), "cosine" (linear up, cosine down), "constant", or
      "linear" (constant for the first half, then down to nothing).
    - `weight_decay`: of AdamW, on arrays of two axes or more; 0 is plain Adam.
    - `slow`: names of fields, such as "nu" or "upper", whose rate is multiplied by `slow_factor`
      and which do not decay: recurrences are often trained more slowly than what is around them.
    - `epsilon`: of Adam. A larger one, 1e-4 say, keeps rounding from choosing the sign of steps
      along weights that hardly matter, so that runs on other layouts stay close.
    - `clip`: largest norm of the gradient; 0 leaves it alone.
    - `smoothing`: share of the label spread over all classes.
    - `average`: decay of the running mean of the weights that is evaluated and returned in
      place of the last weights; 0 switches it off.
    - `random_steps`: each batch draws one of these and hands it to the network as `steps=`.
    - `eval_steps`: the `steps=` of evaluations; 0 leaves it to the network.
    - `shift` (pixels), `rotate` (degrees), `scale` (share): largest random distortion.
    - `population`, `spread`: of CMA-ES: candidates a step (0: its own rule), and the standard
      deviation they start with.
    - `micro`: examples whose gradient is taken at once, a divisor of the batch; 0 is all of them.
      It bounds memory and can be faster where a smaller part fits the cache.
    - `seed`: of the order, the steps and the distortions.
    - `log_every`, `checkpoint_every`: in steps; 0 checkpoints after each epoch.
    - `keep`: how many checkpoints stay.

    ```python
    from feynax.training import TrainOptions
    assert TrainOptions(epochs=2, batch=100).total_steps(6000) == 120
    ```
    """

    epochs: int = 3
    batch: int = 128
    updates: int = 0
    cpu_seconds: float = 0.0
    evaluate_every: int = 0
    rate: float = 8e-3
    schedule: str = "onecycle"
    warmup: float = 0.2
    weight_decay: float = 0.0
    slow: tuple[str, ...] = ()
    slow_factor: float = 1.0
    epsilon: float = 1e-8
    clip: float = 0.0
    smoothing: float = 0.0
    average: float = 0.0
    random_steps: tuple[int, ...] = ()
    eval_steps: int = 0
    shift: float = 0.0
    rotate: float = 0.0
    scale: float = 0.0
    population: int = 0
    spread: float = 0.1
    micro: int = 0
    seed: int = 0
    log_every: int = 50
    checkpoint_every: int = 0
    keep: int = 2

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "log_every", "keep"):
            check_count(name, getattr(self, name))
        for name in _COUNTS_OR_NONE:
            check_count(name, getattr(self, name), least=0)
        check(self.seed < 2**31, "seed", "fit 32 bits", self.seed)
        for name in ("rate", "epsilon", "slow_factor", "spread"):
            check_positive(name, getattr(self, name))
        check_choice("schedule", self.schedule, SCHEDULES)
        for name in ("warmup", "smoothing", "average", "scale"):
            value = getattr(self, name)
            check(0 <= value < 1, name, "lie between 0 and 1 (1 excluded)", value)
        for name in ("weight_decay", "clip", "shift", "rotate", "cpu_seconds"):
            value = getattr(self, name)
            check(0 <= value < float("inf"), name, "be finite and not negative", value)
        for steps in self.random_steps:
            check_count("random_steps", steps)
        if self.micro:
            fits = self.batch % self.micro == 0
            check(fits, "micro", f"divide the batch of {self.batch}", self.micro)

    def steps_per_epoch(self, examples: int | None) -> int:
        """Return how many whole batches `examples` make; all steps, where they never end."""
        if examples is None:
            return self.total_steps(None)
        check(examples >= self.batch, "batch", f"be at most the {examples} examples", self.batch)
        return examples // self.batch

    def total_steps(self, examples: int | None) -> int:
        """Return the number of optimiser steps of the whole run over so many examples."""
        if self.cpu_seconds:
            return self.updates or ENDLESS
        must = "be set, or `cpu_seconds`, for an endless task"
        check(examples is not None or self.updates > 0, "updates", must, self.updates)
        return self.updates or self.epochs * self.steps_per_epoch(examples)
