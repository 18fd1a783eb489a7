"""What a training run is made of: numbers only, checked before anything is compiled."""

import dataclasses

from .._checks import check, check_choice, check_count, check_positive

SCHEDULES = ("onecycle", "cosine", "constant")


@dataclasses.dataclass(frozen=True)
class TrainOptions:
    """Numbers that decide a training run; the same options, data and devices give the same bits.

    **Fields:**

    - `epochs`, `batch`: passes over the data; images a step (the last, short batch is dropped).
    - `rate`: largest learning rate; `schedule`: "onecycle" (cosine up for the share `warmup` of
      all steps, then cosine down to nothing), "cosine" (linear up, cosine down) or "constant".
    - `weight_decay`: of AdamW, on arrays of two axes or more; 0 is plain Adam.
    - `epsilon`: of Adam. A larger one, 1e-4 say, keeps rounding from choosing the sign of steps
      along weights that hardly matter, so that runs on other layouts stay close.
    - `clip`: largest norm of the gradient; 0 leaves it alone.
    - `smoothing`: share of the label spread over all classes.
    - `average`: decay of the running mean of the weights that is evaluated and returned in
      place of the last weights; 0 switches it off.
    - `random_steps`: each batch draws one of these and hands it to the network as `steps=`.
    - `eval_steps`: the `steps=` of evaluations; 0 leaves it to the network.
    - `shift` (pixels), `rotate` (degrees), `scale` (share): largest random distortion.
    - `micro`: images whose gradient is taken at once, a divisor of the batch; 0 is all of them.
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
    rate: float = 8e-3
    schedule: str = "onecycle"
    warmup: float = 0.2
    weight_decay: float = 0.0
    epsilon: float = 1e-8
    clip: float = 0.0
    smoothing: float = 0.0
    average: float = 0.0
    random_steps: tuple[int, ...] = ()
    eval_steps: int = 0
    shift: float = 0.0
    rotate: float = 0.0
    scale: float = 0.0
    micro: int = 0
    seed: int = 0
    log_every: int = 50
    checkpoint_every: int = 0
    keep: int = 2

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "log_every", "keep"):
            check_count(name, getattr(self, name))
        for name in ("eval_steps", "micro", "seed", "checkpoint_every"):
            check_count(name, getattr(self, name), least=0)
        check(self.seed < 2**31, "seed", "fit 32 bits", self.seed)
        check_positive("rate", self.rate)
        check_positive("epsilon", self.epsilon)
        check_choice("schedule", self.schedule, SCHEDULES)
        for name in ("warmup", "smoothing", "average", "scale"):
            value = getattr(self, name)
            check(0 <= value < 1, name, "lie between 0 and 1 (1 excluded)", value)
        for name in ("weight_decay", "clip", "shift", "rotate"):
            value = getattr(self, name)
            check(0 <= value < float("inf"), name, "be finite and not negative", value)
        for steps in self.random_steps:
            check_count("random_steps", steps)
        if self.micro:
            fits = self.batch % self.micro == 0
            check(fits, "micro", f"divide the batch of {self.batch}", self.micro)

    def steps_per_epoch(self, images: int) -> int:
        """Return how many whole batches `images` make."""
        check(images >= self.batch, "batch", f"be at most the {images} images", self.batch)
        return images // self.batch

    def total_steps(self, images: int) -> int:
        """Return the number of optimiser steps of the whole run over `images` images."""
        return self.epochs * self.steps_per_epoch(images)
