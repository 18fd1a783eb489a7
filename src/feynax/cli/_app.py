"""The app, and how its errors reach a person: one sentence and an exit code."""

import os
import sys
import traceback

from cyclopts import App, CycloptsError

from .. import __version__
from .._errors import DivergedError, FeynaxError
from ._data import data
from ._demo import demo
from ._explore import explore
from ._jobs import in_job
from ._read import read
from ._reproduce import reproduce
from ._sample import sample
from ._spectrum import spectrum
from ._train import train

BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130
_OF_ANOTHER = ("Gloo", "gloo", "coordination service")  # in the messages of broken collectives

app = App(
    name="feynax",
    help="Networks, differential equations and quantum systems, read as one another.",
    help_epilogue="With --debug, an error is shown with where it happened.",
    version=__version__,
    help_format="plaintext",
    help_formatter="plain",
    suppress_keyboard_interrupt=False,
)
app.command(demo)
app.command(train)
app.command(read)
app.command(spectrum)
app.command(sample)
app.command(reproduce)
app.command(explore)
app.command(data)
app.register_install_completion_command(help="Teach the shell to complete commands and options.")


def main() -> None:
    """Run the command line and leave with its exit code."""
    tokens = [token for token in sys.argv[1:] if token != "--debug"]
    code = run(tokens, debug=len(tokens) < len(sys.argv) - 1)
    if code and in_job():
        # A process that failed would wait at its exit for the others, and they for it.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def run(tokens: list[str], *, debug: bool = False) -> int:
    """Run one command; return 0, or 2 for bad input, 1 for a failed run, 130 for Ctrl-C."""
    try:
        app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except KeyboardInterrupt as stop:
        print(f"\nfeynax: interrupted. {stop}".rstrip(), file=sys.stderr)
        return INTERRUPTED
    except Exception as err:
        if debug:
            traceback.print_exc()
        print(f"feynax: {_sentence(err)}", file=sys.stderr)
        return _code(err)
    return 0


def _sentence(err: Exception) -> str:
    text = " ".join(str(err).split())
    if isinstance(err, OSError) and not isinstance(err, FeynaxError) and err.strerror:
        text = f"{err.strerror}: `{err.filename}`" if err.filename else err.strerror
    elif in_job() and any(word in text for word in _OF_ANOTHER):
        return "another process of this job has ended, so this one does too."
    elif not isinstance(err, FeynaxError | CycloptsError | ValueError | OSError):
        text = f"unexpected {type(err).__name__}: {text} (show where with --debug)"
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _code(err: Exception) -> int:
    if in_job() and any(word in str(err) for word in _OF_ANOTHER):
        return FAILED
    missing = FileNotFoundError | IsADirectoryError | NotADirectoryError | PermissionError
    if isinstance(err, DivergedError):
        return FAILED
    wrong = isinstance(err, FeynaxError | CycloptsError | ValueError | missing)
    return BAD_INPUT if wrong else FAILED
