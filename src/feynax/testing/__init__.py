"""Whether networks, cells, equations, operators and samplers keep what feynax relies on."""

from ._cell import check_cell as check_cell
from ._equation import check_equation as check_equation
from ._network import check_network as check_network
from ._operator import check_operator as check_operator
from ._sampler import check_sampler as check_sampler
