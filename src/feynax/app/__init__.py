"""The interactive page: networks moved by sliders, served to this machine alone."""

from ._answer import Answer as Answer, Figure as Figure
from ._digit_answers import (
    bundled_digit as bundled_digit,
    digit_answer as digit_answer,
    drawing_board as drawing_board,
    inked as inked,
)
from ._path_answers import ensemble_answer as ensemble_answer
from ._plane_answers import (
    packet_answer as packet_answer,
    plane_answer as plane_answer,
    read_plane as read_plane,
)
from ._serve import serve as serve
from ._stability_answers import (
    proof_answer as proof_answer,
    stability_answer as stability_answer,
)
