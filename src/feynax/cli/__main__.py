"""`python -m feynax.cli`: how a command starts more processes of itself."""

from ._app import main

main()
