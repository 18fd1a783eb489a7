"""Checks of what both documents on recurrent networks claim, and the letters they need."""

from ._conjugate_pair import (
    step_in_both_halves as step_in_both_halves,
    weights_that_change as weights_that_change,
)
from ._gates import (
    lstm_letters as lstm_letters,
    memory_or_output as memory_or_output,
    products_as_functions as products_as_functions,
)
from ._leapfrog import order_of_the_leapfrog as order_of_the_leapfrog
