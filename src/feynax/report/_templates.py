"""Templates of pages: how they are found, filled in, and which words they may use."""

import functools
import math
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .._words import number
from . import _recurrent_words as recurrent_words, _spectrum_words as spectrum_words

if TYPE_CHECKING:
    from jinja2 import Environment


def render(name: str, **content: Any) -> str:
    """Return one of the house's templates filled in; all text is escaped, pictures are not.

    **Arguments:**

    - `name`: of a file in `feynax/report`, such as "claims.html".
    - `content`: what the template asks for; a name that is missing is an error.

    ```python
    import feynax as fx
    text = fx.report.render("style.html")
    assert text.startswith("<style>")
    ```
    """
    return _environment().get_template(name).render(version=version("feynax"), **content)


@functools.cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("feynax.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = Markup  # pictures of our own making, and nothing else
    environment.filters["number"] = number
    environment.filters["isfinite"] = math.isfinite
    environment.filters["leading"] = recurrent_words.leading
    environment.filters["claim"] = recurrent_words.claim_of
    environment.filters["eigenvalues"] = spectrum_words.eigenvalues
    environment.filters["sentence"] = spectrum_words.sentence
    environment.filters["levels"] = spectrum_words.numbers
    return environment
