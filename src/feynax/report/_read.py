"""One verb for every network."""

from typing import overload

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .._citation import cites
from ._alone import AnyReading, read_alone
from ._image_read import read_image
from ._reading import Reading

Image = Float[Array | np.ndarray, "channels height width"]


@overload
def read(
    network: eqx.Module,
    image: Image,
    *,
    output: int | None = None,
    label: int | None = None,
    image_name: str = "image",
    paths: int = 20000,
    key: PRNGKeyArray | None = None,
    certificate: bool = True,
) -> Reading: ...
@overload
def read(network: eqx.Module) -> AnyReading: ...
@cites("imchitr2020")
def read(
    network: eqx.Module,
    image: Image | None = None,
    *,
    output: int | None = None,
    label: int | None = None,
    image_name: str = "image",
    paths: int = 20000,
    key: PRNGKeyArray | None = None,
    certificate: bool = True,
) -> AnyReading:
    """Read any network: of images at one of them, recurrent ones along noise, flows from states.

    Of an image: scores, fields, equation, certificate, sum over paths. Without one, a network of
    images reads random values, a recurrent network white noise, and a flow random states:
    [`feynax.report.read_recurrent`][] and [`feynax.report.read_flow`][] read them on yours.

    **Arguments:**

    - `network`: any of `feynax.networks`; with an image, one that `feynax.as_paths` can read.
    - `image`: as the network takes it (standardised as in training). What follows is of it.
    - `output`: whose sum over paths; by default the predicted class.
    - `label`, `image_name`: the true class if known, and what to call the image.
    - `paths`: how many paths to sample; 0 leaves sampling out.
    - `key`: for the sampled paths; fixed by default.
    - `certificate`: whether to bound what any input can do, the longest part of a reading.

    **Returns:**

    A [`feynax.report.Reading`][], [`feynax.report.RecurrentReading`][] or
    [`feynax.report.FlowReading`][]. What does not apply to this network is left out, and
    `missing` says why.

    **Raises:**

    - `ValueError` for images of another shape or with NaN, for outputs that are not there, and
      for layers that do not say which images they take.
    - `TypeError` for networks without a rule in `feynax.maps.record`.

    ```python
    import jax, numpy as np, feynax as fx
    net = fx.networks.PDENet((1, 8, 8), channels=(2,), steps=1, key=jax.random.key(0))
    reading = fx.report.read(net, np.ones((1, 8, 8)), paths=100)
    assert reading.paths.completeness < 1e-12 and reading.prediction == reading.output
    cell = fx.networks.LRU(1, 2, key=jax.random.key(0))
    print(fx.report.read(cell))
    ```
    """
    if image is None:
        return read_alone(network)
    return read_image(
        network,
        image,
        output=output,
        label=label,
        image_name=image_name,
        paths=paths,
        key=key,
        certificate=certificate,
    )
