"""Where a method comes from, collected from the objects that use it."""

from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T", bound=Callable[..., Any] | type)

_MARK = "__citations__"

REFERENCES = {
    "imchitr2020": """@thesis{imchitr2020,
  author = {V. Imchitr},
  title = {Analogous View Between Residual Networks and Partial Differential Equations},
  year = {2020}}""",
    "kohli2020": """@misc{kohli2020,
  author = {P. Kohli and A. Haslam},
  title = {The Wavefunction of Continuous-Time Recurrent Neural Networks},
  year = {2020}}""",
    "williamson1936": """@article{williamson1936,
  author = {J. Williamson},
  title = {On the Algebraic Problem Concerning the Normal Forms of Linear Dynamical Systems},
  journal = {American Journal of Mathematics}, volume = {58}, year = {1936}}""",
    "hochreiter1997": """@article{hochreiter1997,
  author = {S. Hochreiter and J. Schmidhuber},
  title = {Long short-term memory},
  journal = {Neural Computation},
  volume = {9},
  year = {1997}}""",
    "cho2014": """@inproceedings{cho2014,
  author = {K. Cho and others},
  title = {Learning phrase representations using {RNN} encoder-decoder},
  booktitle = {EMNLP},
  year = {2014}}""",
    "haber2017": """@article{haber2017,
  author = {E. Haber and L. Ruthotto},
  title = {Stable architectures for deep neural networks},
  journal = {Inverse Problems}, volume = {34}, year = {2017}}""",
    "lezcano2019": """@misc{lezcano2019,
  author = {M. Lezcano-Casado and D. Martinez-Rubio},
  title = {Cheap Orthogonal Constraints in Neural Networks},
  year = {2019}, eprint = {1901.08428}, archivePrefix = {arXiv}}""",
    "helfrich2018": """@misc{helfrich2018,
  author = {K. Helfrich and D. Willmott and Q. Ye},
  title = {Orthogonal Recurrent Neural Networks with Scaled {Cayley} Transform},
  year = {2018}, eprint = {1707.09520}, archivePrefix = {arXiv}}""",
    "orvieto2023": """@misc{orvieto2023,
  author = {A. Orvieto and others},
  title = {Resurrecting Recurrent Neural Networks for Long Sequences},
  year = {2023}, eprint = {2303.06349}, archivePrefix = {arXiv}}""",
    "feng2024": """@misc{feng2024,
  author = {L. Feng and others},
  title = {Were {RNNs} All We Needed?},
  year = {2024}, eprint = {2410.01201}, archivePrefix = {arXiv}}""",
    "rusch2022": """@misc{rusch2022,
  author = {T. K. Rusch and others},
  title = {Long Expressive Memory for Sequence Modeling},
  year = {2022}, eprint = {2110.04744}, archivePrefix = {arXiv}}""",
    "rusch2021cornn": """@misc{rusch2021cornn,
  author = {T. K. Rusch and S. Mishra},
  title = {Coupled Oscillatory Recurrent Neural Network ({coRNN})},
  year = {2021}, eprint = {2010.00951}, archivePrefix = {arXiv}}""",
    "rusch2025linoss": """@misc{rusch2025linoss,
  author = {T. K. Rusch and D. Rus},
  title = {Oscillatory State-Space Models},
  year = {2025}, eprint = {2410.03943}, archivePrefix = {arXiv}}""",
    "smith2023": """@misc{smith2023,
  author = {J. T. H. Smith and A. Warrington and S. W. Linderman},
  title = {Simplified State Space Layers for Sequence Modeling},
  year = {2023}, eprint = {2208.04933}, archivePrefix = {arXiv}}""",
    "gu2022s4d": """@misc{gu2022s4d,
  author = {A. Gu and A. Gupta and K. Goel and C. Re},
  title = {On the Parameterization and Initialization of Diagonal State Space Models},
  year = {2022}, eprint = {2206.11893}, archivePrefix = {arXiv}}""",
    "arjovsky2016": """@misc{arjovsky2016,
  author = {M. Arjovsky and A. Shah and Y. Bengio},
  title = {Unitary Evolution Recurrent Neural Networks},
  year = {2016}, eprint = {1511.06464}, archivePrefix = {arXiv}}""",
    "koutnik2014": """@misc{koutnik2014,
  author = {J. Koutnik and K. Greff and F. Gomez and J. Schmidhuber},
  title = {A Clockwork {RNN}},
  year = {2014}, eprint = {1402.3511}, archivePrefix = {arXiv}}""",
    "chang2019": """@misc{chang2019,
  author = {B. Chang and M. Chen and E. Haber and E. H. Chi},
  title = {{AntisymmetricRNN}: A Dynamical System View on Recurrent Neural Networks},
  year = {2019}, eprint = {1902.09689}, archivePrefix = {arXiv}}""",
    "erichson2021": """@misc{erichson2021,
  author = {N. B. Erichson and others},
  title = {Lipschitz Recurrent Neural Networks},
  year = {2021}, eprint = {2006.12070}, archivePrefix = {arXiv}}""",
    "rusch2021unicornn": """@misc{rusch2021unicornn,
  author = {T. K. Rusch and S. Mishra},
  title = {{UnICORNN}: A Recurrent Model for Learning Very Long Time Dependencies},
  year = {2021}, eprint = {2103.05487}, archivePrefix = {arXiv}}""",
    "hasani2021": """@misc{hasani2021,
  author = {R. Hasani and others},
  title = {Liquid Time-constant Networks},
  year = {2021}, eprint = {2006.04439}, archivePrefix = {arXiv}}""",
    "hasani2022": """@misc{hasani2022,
  author = {R. Hasani and others},
  title = {Closed-form Continuous-time Neural Networks},
  year = {2022}, eprint = {2106.13898}, archivePrefix = {arXiv}}""",
    "beck2024": """@misc{beck2024,
  author = {M. Beck and others},
  title = {{xLSTM}: Extended Long Short-Term Memory},
  year = {2024}, eprint = {2405.04517}, archivePrefix = {arXiv}}""",
    "rubanova2019": """@misc{rubanova2019,
  author = {Y. Rubanova and R. T. Q. Chen and D. Duvenaud},
  title = {Latent {ODEs} for Irregularly-Sampled Time Series},
  year = {2019}, eprint = {1907.03907}, archivePrefix = {arXiv}}""",
    "kidger2020": """@misc{kidger2020,
  author = {P. Kidger and J. Morrill and J. Foster and T. Lyons},
  title = {Neural Controlled Differential Equations for Irregular Time Series},
  year = {2020}, eprint = {2005.08926}, archivePrefix = {arXiv}}""",
    "revay2021": """@misc{revay2021,
  author = {M. Revay and R. Wang and I. R. Manchester},
  title = {Recurrent Equilibrium Networks},
  year = {2021}, eprint = {2104.05942}, archivePrefix = {arXiv}}""",
    "elman1990": """@article{elman1990,
  author = {J. L. Elman},
  title = {Finding Structure in Time},
  journal = {Cognitive Science}, volume = {14}, year = {1990}}""",
    "jaeger2007": """@article{jaeger2007,
  author = {H. Jaeger and M. Lukosevicius and D. Popovici and U. Siewert},
  title = {Optimization and applications of echo state networks with leaky-integrator neurons},
  journal = {Neural Networks}, volume = {20}, year = {2007}}""",
    "yin2019": """@misc{yin2019,
  author = {M. Yin and X. Li and Y. Zhang and S. Wang},
  title = {On the Mathematical Understanding of {ResNets} with {Feynman} Path Integral},
  year = {2019}, eprint = {1904.07568}, archivePrefix = {arXiv}}""",
    "he2016": """@inproceedings{he2016,
  author = {K. He and X. Zhang and S. Ren and J. Sun},
  title = {Deep Residual Learning for Image Recognition},
  booktitle = {CVPR}, year = {2016}}""",
    "he2016identity": """@inproceedings{he2016identity,
  author = {K. He and X. Zhang and S. Ren and J. Sun},
  title = {Identity Mappings in Deep Residual Networks},
  booktitle = {ECCV}, year = {2016}}""",
    "ruthotto2020": """@article{ruthotto2020,
  author = {L. Ruthotto and E. Haber},
  title = {Deep Neural Networks Motivated by Partial Differential Equations},
  journal = {Journal of Mathematical Imaging and Vision}, volume = {62}, year = {2020}}""",
    "chen2018": """@inproceedings{chen2018,
  author = {R. T. Q. Chen and Y. Rubanova and J. Bettencourt and D. Duvenaud},
  title = {Neural Ordinary Differential Equations},
  booktitle = {NeurIPS}, year = {2018}}""",
    "kidger2021": """@phdthesis{kidger2021,
  author = {P. Kidger},
  title = {On Neural Differential Equations},
  school = {University of Oxford}, year = {2021}}""",
    "hatano1996": """@article{hatano1996,
  author = {N. Hatano and D. R. Nelson},
  title = {Localization Transitions in Non-{Hermitian} Quantum Mechanics},
  journal = {Physical Review Letters}, volume = {77}, year = {1996}}""",
    "hindmarsh1984": """@article{hindmarsh1984,
  author = {A. C. Hindmarsh and P. M. Gresho and D. F. Griffiths},
  title = {The Stability of Explicit {Euler} Time-Integration for Certain Finite Difference
           Approximations of the Multi-Dimensional Advection-Diffusion Equation},
  journal = {International Journal for Numerical Methods in Fluids},
  volume = {4}, year = {1984}}""",
    "peaceman1955": """@article{peaceman1955,
  author = {D. W. Peaceman and H. H. Rachford},
  title = {The Numerical Solution of Parabolic and Elliptic Differential Equations},
  journal = {Journal of the SIAM}, volume = {3}, year = {1955}}""",
    "strang1968": """@article{strang1968,
  author = {G. Strang},
  title = {On the Construction and Comparison of Difference Schemes},
  journal = {SIAM Journal on Numerical Analysis}, volume = {5}, year = {1968}}""",
    "srinivas2019": """@inproceedings{srinivas2019,
  author = {S. Srinivas and F. Fleuret},
  title = {Full-Gradient Representation for Neural Network Visualization},
  booktitle = {NeurIPS}, year = {2019}}""",
    "wolff2004": """@article{wolff2004,
  author = {U. Wolff},
  title = {Monte Carlo Errors with Less Errors},
  journal = {Computer Physics Communications}, volume = {156}, year = {2004}}""",
    "gomez2017": """@inproceedings{gomez2017,
  author = {A. N. Gomez and M. Ren and R. Urtasun and R. B. Grosse},
  title = {The Reversible Residual Network: Backpropagation Without Storing Activations},
  booktitle = {NeurIPS}, year = {2017}}""",
    "burrage1979": """@article{burrage1979,
  author = {K. Burrage and J. C. Butcher},
  title = {Stability Criteria for Implicit {Runge-Kutta} Methods},
  journal = {SIAM Journal on Numerical Analysis}, volume = {16}, year = {1979}}""",
    "crouzeix1979": """@article{crouzeix1979,
  author = {M. Crouzeix},
  title = {Sur la {B}-stabilit\'e des m\'ethodes de {Runge-Kutta}},
  journal = {Numerische Mathematik}, volume = {32}, year = {1979}}""",
    "dahlquist1979": """@techreport{dahlquist1979,
  author = {G. Dahlquist and R. Jeltsch},
  title = {Generalized Disks of Contractivity for Explicit and Implicit {Runge-Kutta} Methods},
  institution = {KTH Stockholm}, number = {TRITA-NA-7906}, year = {1979}}""",
    "hairer1996": """@book{hairer1996,
  author = {E. Hairer and G. Wanner},
  title = {Solving Ordinary Differential Equations {II}},
  publisher = {Springer}, year = {1996}}""",
    "hairer2006": """@book{hairer2006,
  author = {E. Hairer and C. Lubich and G. Wanner},
  title = {Geometric Numerical Integration},
  publisher = {Springer}, year = {2006}}""",
    "lessard2016": """@article{lessard2016,
  author = {L. Lessard and B. Recht and A. Packard},
  title = {Analysis and Design of Optimization Algorithms via Integral Quadratic Constraints},
  journal = {SIAM Journal on Optimization}, volume = {26}, year = {2016}}""",
    "fazlyab2019": """@inproceedings{fazlyab2019,
  author = {M. Fazlyab and A. Robey and H. Hassani and M. Morari and G. Pappas},
  title = {Efficient and Accurate Estimation of {Lipschitz} Constants for Deep Neural Networks},
  booktitle = {NeurIPS}, year = {2019}}""",
    "mccallum2024": """@misc{mccallum2024,
  author = {S. McCallum and J. Foster},
  title = {Efficient, Accurate and Stable Gradients for Neural {ODEs}},
  year = {2024}, eprint = {2410.11648}, archivePrefix = {arXiv}}""",
    "sussillo2013": """@article{sussillo2013,
  author = {D. Sussillo and O. Barak},
  title = {Opening the Black Box: Low-Dimensional Dynamics in High-Dimensional Recurrent Neural
           Networks},
  journal = {Neural Computation}, volume = {25}, year = {2013}}""",
    "bengio1994": """@article{bengio1994,
  author = {Y. Bengio and P. Simard and P. Frasconi},
  title = {Learning Long-Term Dependencies with Gradient Descent is Difficult},
  journal = {IEEE Transactions on Neural Networks}, volume = {5}, year = {1994}}""",
    "benettin1980": """@article{benettin1980,
  author = {G. Benettin and L. Galgani and A. Giorgilli and J.-M. Strelcyn},
  title = {Lyapunov Characteristic Exponents for Smooth Dynamical Systems and for {Hamiltonian}
           Systems},
  journal = {Meccanica}, volume = {15}, year = {1980}}""",
    "keller1977": """@incollection{keller1977,
  author = {H. B. Keller},
  title = {Numerical Solution of Bifurcation and Nonlinear Eigenvalue Problems},
  booktitle = {Applications of Bifurcation Theory}, publisher = {Academic Press}, year = {1977}}""",
    "beer1995": """@article{beer1995,
  author = {R. D. Beer},
  title = {On the Dynamics of Small Continuous-Time Recurrent Neural Networks},
  journal = {Adaptive Behavior}, volume = {3}, year = {1995}}""",
    "odernn2018": """@misc{odernn2018,
  title = {Unification of Recurrent Neural Network Architectures and Quantum Inspired Stable
           Design},
  year = {2018}, note = {under review at ICLR 2019}}""",
    "verlet1967": """@article{verlet1967,
  author = {L. Verlet},
  title = {Computer "Experiments" on Classical Fluids. {I}},
  journal = {Physical Review}, volume = {159}, year = {1967}}""",
    "crank1947": """@article{crank1947,
  author = {J. Crank and P. Nicolson},
  title = {A practical method for numerical evaluation of solutions of partial differential
           equations of the heat-conduction type},
  journal = {Proceedings of the Cambridge Philosophical Society}, volume = {43}, year = {1947}}""",
    "moler2003": """@article{moler2003,
  author = {C. Moler and C. Van Loan},
  title = {Nineteen Dubious Ways to Compute the Exponential of a Matrix, Twenty-Five Years Later},
  journal = {SIAM Review}, volume = {45}, year = {2003}}""",
    "blanes2002": """@article{blanes2002,
  author = {S. Blanes and P. C. Moan},
  title = {Practical symplectic partitioned {Runge-Kutta} and {Runge-Kutta-Nystr\"om} methods},
  journal = {Journal of Computational and Applied Mathematics}, volume = {142}, year = {2002}}""",
    "suzuki1990": """@article{suzuki1990,
  author = {M. Suzuki},
  title = {Fractal decomposition of exponential operators},
  journal = {Physics Letters A}, volume = {146}, year = {1990}}""",
    "feit1982": """@article{feit1982,
  author = {M. D. Feit and J. A. Fleck and A. Steiger},
  title = {Solution of the {Schr\"odinger} equation by a spectral method},
  journal = {Journal of Computational Physics}, volume = {47}, year = {1982}}""",
    "talezer1984": """@article{talezer1984,
  author = {H. Tal-Ezer and R. Kosloff},
  title = {An accurate and efficient scheme for propagating the time dependent {Schr\"odinger}
           equation},
  journal = {Journal of Chemical Physics}, volume = {81}, year = {1984}}""",
    "park1986": """@article{park1986,
  author = {T. J. Park and J. C. Light},
  title = {Unitary quantum time evolution by iterative {Lanczos} reduction},
  journal = {Journal of Chemical Physics}, volume = {85}, year = {1986}}""",
    "jawecki2020": """@article{jawecki2020,
  author = {T. Jawecki and W. Auzinger and O. Koch},
  title = {Computable upper error bounds for {Krylov} approximations to matrix exponentials and
           associated phi-functions},
  journal = {BIT Numerical Mathematics}, volume = {60}, year = {2020}}""",
    "kuczynski1992": """@article{kuczynski1992,
  author = {J. Kuczynski and H. Wozniakowski},
  title = {Estimating the largest eigenvalue by the power and {Lanczos} algorithms with a random
           start},
  journal = {SIAM Journal on Matrix Analysis and Applications}, volume = {13}, year = {1992}}""",
}


def cites(*keys: str) -> Callable[[_T], _T]:
    """Decorate a public function or class with the keys of its sources."""
    unknown = [key for key in keys if key not in REFERENCES]
    if unknown:
        raise KeyError(f"no reference named {unknown}")

    def mark(thing: _T) -> _T:
        setattr(thing, _MARK, keys)
        return thing

    return mark


def citation(obj: object) -> str:
    """Return the BibTeX entries of everything that `obj` is made of.

    **Arguments:**

    - `obj`: a feynax function or class, or an object: its fields are searched as well.

    **Returns:**

    Entries separated by blank lines, each once; an empty string where nothing is cited.

    ```python
    import feynax as fx
    assert "1904.07568" in fx.citation(fx.as_paths)
    ```
    """
    keys: dict[str, None] = {}
    _collect(obj, keys)
    return "\n\n".join(REFERENCES[key] for key in keys)


def _collect(obj: object, keys: dict[str, None]) -> None:
    for holder in (obj, type(obj)):
        keys.update(dict.fromkeys(getattr(holder, _MARK, ())))
    if isinstance(obj, list | tuple):
        parts = obj
    elif isinstance(obj, type) or (callable(obj) and not hasattr(type(obj), _MARK)):
        parts = ()
    else:
        parts = getattr(obj, "__dict__", {}).values()
    for part in parts:
        if type(part).__module__.startswith("feynax") or isinstance(part, list | tuple):
            _collect(part, keys)
