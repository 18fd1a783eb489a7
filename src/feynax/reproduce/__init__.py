"""Every numbered claim of the five documents, beside the check that decides it."""

from ._claim import (
    Claim as Claim,
    Claims as Claims,
    Comparison as Comparison,
    Finding as Finding,
)
from ._page import headline as headline, page as page, write_pages as write_pages
from ._run import (
    DOCUMENTS as DOCUMENTS,
    Checked as Checked,
    Reproduction as Reproduction,
    claims as claims,
    reproduce as reproduce,
)
