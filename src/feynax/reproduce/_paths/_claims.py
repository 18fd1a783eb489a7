"""Where the claims of the paths document are collected."""

from .._claim import Claims

CLAIMS = Claims("paths")
