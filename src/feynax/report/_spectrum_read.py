"""Read a continuous-time network as a quantum system, and find out all that can be said of it."""

import warnings
from collections.abc import Iterable
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Bool, Float

from .._checks import check, check_count, check_finite, check_positive, check_shape
from .._citation import cites
from .._errors import NotHamiltonianError
from ..equations import AffineField, ReLUField, fixed_points
from ..maps import certify, linearised, quantize, relu_field
from ..networks import CTRNN, HamiltonianCTRNN
from ..quantum import (
    ConditionWarning,
    Lindblad,
    NoSteadyStateError,
    PrintedOperator,
    QuadraticHamiltonian,
    find_poisson,
    positive_poisson,
)
from ._attempt import attempt
from ._spectrum_packet import read_packet
from ._spectrum_reading import Condition, OpenReading, RegimeReading, SpectrumReading

_MOST_UNITS = 6  # units whose regimes are all listed
_SLOWEST = 6  # Liouvillian eigenvalues that are kept

Poisson = Float[ArrayLike, "n n"] | Literal["positive"] | None


@cites("kohli2020", "yakubovich1975")
def read_spectrum(
    network: CTRNN | HamiltonianCTRNN | ReLUField,
    *,
    regime: Bool[ArrayLike, " units"] | Iterable[int] | None = None,
    at: Float[ArrayLike, " n"] | None = None,
    hbar: float = 1.0,
    poisson: Poisson = None,
    count: int = 6,
    start: Float[ArrayLike, " n"] | None = None,
    duration: float | None = None,
) -> SpectrumReading:
    """Read a continuous-time network as a quantum system: class, levels, packet, loss.

    **Arguments:**

    - `network`: a [`feynax.networks.CTRNN`][], a [`feynax.networks.HamiltonianCTRNN`][] or a
      [`feynax.equations.ReLUField`][].
    - `regime`: which units are on, for networks of ReLUs; by default all.
    - `at`: for smooth networks, the state about which they are linearised; by default the fixed
      point that is found first.
    - `hbar`: Planck's constant.
    - `poisson`: matrix of brackets. By default the canonical one for two neurons; for more the one
      that makes all modes positive ("positive"), or else any that makes the field Hamiltonian.
    - `count`: how many levels.
    - `start`: of the packet; by default inside the regime, off the fixed point.
    - `duration`: how long the packet is followed; by default two periods of the slowest mode.

    **Returns:**

    A [`feynax.report.SpectrumReading`][]. What could not be computed is left out, and `missing`
    says why.

    **Raises:**

    - `ValueError` for arguments that do not fit, and a network without neurons.

    ```python
    import feynax as fx
    net = fx.networks.CTRNN.from_arrays([[1.5, -1.0], [1.0, 0.5]], activation="relu")
    reading = fx.report.read_spectrum(net, count=3)
    assert reading.hamiltonian.kind == "elliptic" and len(reading.levels) == 3
    ```
    """
    check_count("count", count)
    check_positive("hbar", hbar)
    name = type(network).__name__
    if isinstance(network, HamiltonianCTRNN):
        poisson = network.poisson if poisson is None else poisson
        network = _plain(network)
    whole, piece, mask, origin = _piece(network, regime, at)
    missing: dict[str, str] = {}
    tol = 1e-5 if _is_single(network) else 1e-10
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ConditionWarning)
        ham = attempt("Hamiltonian", lambda: _hamiltonian(piece, hbar, poisson, tol), missing)
        found = _of_hamiltonian(ham, count, missing)
        lossy = attempt("open system", lambda: _open(piece, hbar, ham), missing)
    mechanics = lossy if ham is None else ham
    packet = None
    if mechanics is not None:
        follow = lambda: read_packet(mechanics, piece, network, whole, origin, start, duration)
        packet = attempt("packet", follow, missing)
    notes = {str(warning.message) for warning in told}
    if notes:
        missing["digits"] = " ".join(sorted(notes))
    return SpectrumReading(
        network=name,
        parameters=_numbers(network),
        activation=_activation(network),
        whole=whole,
        piece=piece,
        regime=mask,
        regimes=_regimes(whole, tol),
        hbar=hbar,
        hamiltonian=ham,
        levels=found["levels"],
        certificate=found["certificate"],
        packet=packet,
        open_system=None if lossy is None else _open_reading(lossy, piece),
        conditions=_conditions(piece, ham, tol),
        printed=found["printed levels"],
        missing=missing,
    )


def _plain(network: HamiltonianCTRNN) -> CTRNN:
    """The same network with weights in double precision, in which it is Hamiltonian."""
    with jax.enable_x64(True):
        return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), network).plain()


def _piece(
    network: CTRNN | ReLUField, regime: Any, at: Any
) -> tuple[ReLUField | None, AffineField, tuple[int, ...] | None, Float[np.ndarray, " n"]]:
    """The piecewise field if it is one, the affine field that is read, its mask, its origin."""
    must = "be a CTRNN or a ReLUField"
    check(isinstance(network, CTRNN | ReLUField), "network", must, type(network).__name__)
    if isinstance(network, ReLUField) or network.activation == "relu":
        check(at is None, "at", "be left out for a network of ReLUs: name a `regime`", "a state")
        whole = network if isinstance(network, ReLUField) else relu_field(network)
        mask = np.ones(whole.units, bool) if regime is None else np.asarray(regime)
        piece = whole.regime(mask)
        return whole, piece, tuple(int(bit) for bit in mask), np.zeros(whole.size)
    check(regime is None, "regime", "be left out for a smooth network: say `at` which state", "one")
    place = _resting(network) if at is None else np.asarray(at, np.float64)
    check_shape("at", place, (network.hidden_size,))
    check_finite("at", place)
    return None, linearised(network, place), None, place


def _resting(network: CTRNN) -> Float[np.ndarray, " n"]:
    """A fixed point of a smooth network: the nearest to zero of those that are found."""
    starts = np.concatenate(
        [np.zeros((1, network.hidden_size)), np.eye(network.hidden_size)[:8] * 2]
    )
    rest = fixed_points(lambda y: network.field(y), starts, kind="field")
    check(len(rest) > 0, "at", "be given where no fixed point is found from 0", None)
    return rest.points[np.argmin(np.linalg.norm(rest.points, axis=-1))]


def _hamiltonian(
    piece: AffineField, hbar: float, poisson: Poisson, tol: float
) -> QuadraticHamiltonian:
    if piece.size % 2:
        raise NotHamiltonianError(
            f"{piece.size} neurons do not make pairs of a coordinate and a momentum.",
            trace=float(np.trace(piece.matrix)),
        )
    if poisson is None and piece.size > 2:
        try:
            return _hamiltonian(piece, hbar, "positive", tol)
        except ValueError:
            return quantize(piece, hbar=hbar, poisson=find_poisson(piece.matrix), tol=1e-7)
    if isinstance(poisson, str):
        check(poisson == "positive", "poisson", 'be a matrix or "positive"', repr(poisson))
        poisson = positive_poisson(piece.matrix)
        tol = max(tol, 1e-7)  # J is made of eigenvectors, and as exact as these
    return quantize(piece, hbar=hbar, poisson=poisson, tol=tol)


def _of_hamiltonian(
    ham: QuadraticHamiltonian | None, count: int, missing: dict[str, str]
) -> dict[str, Any]:
    if ham is None:
        why = "there is no Hamiltonian that they could be of."
        missing |= dict.fromkeys(("levels", "certificate", "printed levels"), why)
        return {"levels": None, "certificate": None, "printed levels": None}
    printed = lambda: PrintedOperator.from_hamiltonian(ham).levels(count)
    asked = {"levels": lambda: ham.levels(count), "certificate": lambda: certify(ham)}
    asked["printed levels"] = printed
    return {name: attempt(name, ask, missing) for name, ask in asked.items()}


def _open(piece: AffineField, hbar: float, ham: QuadraticHamiltonian | None) -> Lindblad:
    """Read the field as an open system, whether or not it has a Hamiltonian."""
    size = piece.size + piece.size % 2
    poisson = None if size == 2 else _blocks(size)
    return Lindblad.from_field(piece, poisson=poisson if ham is None else ham.poisson, hbar=hbar)


def _open_reading(system: Lindblad, piece: AffineField) -> OpenReading:
    steady, slowest, missing = None, (), ""
    try:
        steady = system.steady_state()
        slowest = tuple(complex(value) for value in system.liouvillian(_SLOWEST))
    except NoSteadyStateError as err:
        missing = str(err)
    rate = float(np.trace(piece.matrix))  # without what padding adds
    jumps = 0 if system.closed else len(system.jumps)
    return OpenReading(rate, jumps, system.padded, steady, slowest, missing)


def _blocks(size: int) -> Float[np.ndarray, "n n"]:
    """Neighbours as pairs of coordinate and momentum."""
    return np.kron(np.eye(size // 2), np.array([[0.0, 1.0], [-1.0, 0.0]]))


def _regimes(whole: ReLUField | None, tol: float) -> tuple[RegimeReading, ...]:
    if whole is None or whole.units > _MOST_UNITS:
        return ()
    return tuple(_regime(mask, piece, tol) for mask, piece in whole.regimes())


def _regime(mask: tuple[int, ...], piece: AffineField, tol: float) -> RegimeReading:
    rest, line = piece.rest_set()
    rest, kind = None if line.size else rest, None
    if piece.size == 2:
        try:
            kind = quantize(piece, tol=tol).kind
        except NotHamiltonianError:
            kind = None
    own = rest is not None and piece.region is not None and bool(piece.region.contains(rest))
    return RegimeReading(mask, float(np.trace(piece.matrix)), kind, piece.eigenvalues(), rest, own)


def _conditions(
    piece: AffineField, ham: QuadraticHamiltonian | None, tol: float
) -> tuple[Condition, ...]:
    """What the weights must fulfil for a Hamiltonian, and for levels."""
    trace, size = float(np.trace(piece.matrix)), float(np.linalg.norm(piece.matrix))
    volume = Condition(
        "trace of A",
        "zero",
        trace,
        abs(trace) <= tol * size,
        "zero means that the regime keeps volumes; a Hamiltonian needs it (for two neurons it is "
        "all it needs), and minus this number is the rate of loss",
    )
    if piece.size != 2:
        return (volume,)
    (a11, a12), (a21, a22) = piece.matrix.tolist()
    half = (a11 - a22) / 2
    discriminant = half * half + a12 * a21
    return (
        volume,
        Condition(
            "discriminant",
            "negative",
            discriminant,
            discriminant < 0,
            "negative for a centre, which has levels; positive for a saddle, which has none",
        ),
        Condition(
            "product of the two couplings",
            "negative",
            a12 * a21,
            a12 * a21 < 0,
            "levels need weights of opposite sign between the two neurons",
        ),
    )


def _activation(network: CTRNN | ReLUField) -> str:
    if isinstance(network, ReLUField):
        return "relu"
    given = network.activation
    return given if isinstance(given, str) else getattr(given, "__name__", "a function")


def _is_single(network: Any) -> bool:
    leaves = jax.tree.leaves(network)
    return any(getattr(leaf, "dtype", None) == jnp.float32 for leaf in leaves)


def _numbers(network: Any) -> int:
    return sum(np.size(leaf) for leaf in jax.tree.leaves(eqx.filter(network, eqx.is_inexact_array)))
