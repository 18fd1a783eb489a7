"""Where the claims of the document on wave functions of recurrent networks are collected."""

from .._claim import Claims

CLAIMS = Claims("ctrnn")
