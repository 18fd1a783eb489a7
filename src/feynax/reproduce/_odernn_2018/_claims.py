"""Where the claims of the document of 2018 on recurrent networks are collected."""

from .._claim import Claims

CLAIMS = Claims("odernn-2018")
