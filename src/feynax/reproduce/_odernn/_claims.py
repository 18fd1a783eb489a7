"""Where the claims of the later document on recurrent networks are collected."""

from .._claim import Claims

CLAIMS = Claims("odernn")
