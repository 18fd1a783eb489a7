"""The verb: which claim is made of what, and the one of networks as a whole."""

import math
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, PRNGKeyArray

from .._certificate import Certificate, Verdict, Witness
from .._checks import check, check_finite, check_positive
from .._citation import cites
from ..networks import AbstractCell
from ..quantum import QuadraticHamiltonian
from ._attack import attack
from ._bounds import bounds
from ._certify_cells import certify_cell
from ._certify_quantum import certify_hamiltonian


@cites("imchitr2020", "hindmarsh1984")
def certify(
    net: Any,
    *,
    limit: float | None = None,
    x: Float[ArrayLike, "..."] | None = None,
    box: tuple[ArrayLike, ArrayLike] | None = None,
    inputs: Float[ArrayLike, "*many input"] | None = None,
    key: PRNGKeyArray | None = None,
) -> Certificate:
    r"""Certify how far a network can drive two inputs apart, a cell two states; or levels.

    For a network the claim is $|f(y) - f(y')| \le L\, |y - y'|$ in 2-norms. From above, $L$ is
    the product over the layers of von Neumann gains (largest norm of the symbol over the
    Brillouin zone, which bounds zero padding as well) and of what nonlinear parts can add: a
    ReLU outside a layer adds nothing; a reaction $h K_2\,\mathrm{relu}(K_1\psi + b)$ adds at most
    $\frac h2(\lVert K_2 K_1\rVert + \lVert K_2\rVert\lVert K_1\rVert)$, since its gates are
    $\frac12(1 + s)$ with signs $s$. From below, a search finds two inputs that are driven apart.
    The product is rarely attained: layers do not stretch the same direction.

    For a recurrent cell the claim is $|D\,(s_{l+1} - s'_{l+1})| \le L\,|D\,(s_l - s'_l)|$ for two
    states that are fed the same input, in the norm of the certificate's `metric` $D$; over T steps
    plain 2-norms then grow at most $\mathrm{cond}(D)\,L^T$-fold. Gated cells are certified over a
    box of inputs and the box of states that can follow: each row of the Jacobian is a few numbers
    (gates, slopes) times fixed weights; ellipsoids around all values of these numbers, and $D$,
    are found by descent, and the resulting matrix inequality is checked by Cholesky's method.

    For a [`feynax.quantum.QuadraticHamiltonian`][] the claim is that it has levels, and the margin
    says which changes of its form leave it some; it takes no other arguments. In the form's basis
    of normal modes, levels are lost only where frequencies of opposite Krein sign meet
    (Krein, Gelfand, Lidskii).

    **Arguments:**

    - `net`: a network, block or recurrent cell of `feynax.networks`, or a Hamiltonian; rules for
      other networks are added with `fx.maps.bounds.register`, for cells with
      `fx.maps.step_bound.register`.
    - `limit`: the claimed $L$; 1 asks whether the network is non-expansive. Without it the proven
      bound itself is claimed.
    - `x`: an input to search around (one example); needed only for a verdict of "refuted" or for
      the lower bound. Networks that know their `in_shape` are searched around noise without it.
    - `box`: for cells, ends `(low, high)` of the box of inputs; every input where it is left out.
    - `inputs`: for cells, data whose box is meant.
    - `key`: for the search; fixed by default.

    **Returns:**

    A [`feynax.Certificate`][] (for cells a [`feynax.maps.CellCertificate`][]): certified with the
    margin to `limit`; refuted, with two inputs that
    anyone can replay; or undecided, with both bounds. `parts` has one certificate a layer.

    **Raises:**

    - `TypeError` for classes without a rule; `ValueError` for a limit that is not positive, a box
      that does not fit, or arguments of the other kind.
    - [`feynax.ContinuousSpectrumError`][] for a Hamiltonian that has no levels.

    ```python
    import jax, feynax as fx
    block = fx.networks.PDEBlock(2, steps=8, reaction=0, key=jax.random.key(0))
    cert = fx.certify(block, limit=1.0)
    assert cert and cert.rate <= 1
    ```

    ```python
    import jax, feynax as fx
    cell = fx.networks.LeakyRNN(2, 4, key=jax.random.key(1))
    assert fx.certify(cell, box=(-1.0, 1.0)).bounds[0] <= fx.certify(cell).bounds[1]
    ```

    Source: von Neumann's analysis of V. Imchitr (2020), eq (39), and of our own layers; for cells
    M. Fazlyab et al. (2019), with sectors replaced by ellipsoids.
    """
    if limit is not None:
        check_positive("limit", limit)
    if isinstance(net, AbstractCell):
        check(x is None, "x", "be left out for a cell, which takes `box` or `inputs`", "a value")
        return certify_cell(net, limit=limit, box=box, inputs=inputs, key=key)
    check(box is None and inputs is None, "box", "be left out for all but cells", "a value")
    if isinstance(net, QuadraticHamiltonian):
        check(limit is None and x is None, "limit", "be left out for a Hamiltonian", "a value")
        return certify_hamiltonian(net)
    layers = bounds(net)
    upper = math.prod(layer.bound**layer.count for layer in layers)
    depth = sum(layer.count for layer in layers)
    parts = tuple(_part(layer) for layer in layers)
    witness = _search(net, x, jax.random.key(0) if key is None else key)
    lower = witness.stretch if witness is not None else 0.0
    goal = upper if limit is None else float(limit)
    said = _Said(
        f"any two inputs leave the network at most {goal:.4g} times as far apart as they came",
        f"the product of the gains of its {depth} layers is {upper:.6g}"
        + (f", and a search around one input attained {lower:.4g}" if witness else ""),
        "every input, in 2-norms, for the weights as they are",
    )
    rate = upper ** (1 / depth) if depth and upper > 0 else upper
    both = (lower, upper)
    if upper <= goal * (1 + 1e-12):
        margin = max(goal - upper, 0.0)
        return Certificate(
            said.claim,
            Verdict.CERTIFIED,
            said.because,
            said.domain,
            margin,
            rate,
            both,
            None,
            parts,
        )
    if witness is not None and lower > goal:
        return Certificate(
            said.claim, Verdict.REFUTED, said.because, said.domain, None, rate, both, witness, parts
        )
    return Certificate(
        said.claim, Verdict.UNDECIDED, said.because, said.domain, None, rate, both, None, parts
    )


class _Said(NamedTuple):
    claim: str
    because: str
    domain: str


def _part(layer: Any) -> Certificate:
    """Certificate of one layer's own bound."""
    times = f", {layer.count} times" if layer.count > 1 else ""
    return Certificate(
        claim=f"{layer.name}{times}: distances grow at most {layer.bound:.6g}-fold in each",
        verdict=Verdict.CERTIFIED,
        because=layer.because,
        domain="every input",
        margin=0.0,
        rate=layer.bound,
    )


def _search(net: Any, x: Any, key: PRNGKeyArray) -> Witness | None:
    """Strongest stretch found, or `None` where there is no input to start from."""
    if x is None:
        shape = getattr(net, "in_shape", None)
        if shape is None:
            return None
        x = np.asarray(jax.random.normal(key, shape))
    check_finite("x", x)
    return attack(net, np.asarray(x, np.float64), jax.random.fold_in(key, 1))
