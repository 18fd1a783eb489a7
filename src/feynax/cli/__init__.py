"""The command line: thin over the library, one file a command."""

from ._app import app as app, main as main
