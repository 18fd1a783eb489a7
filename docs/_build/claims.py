"""Print the claims of all documents as JSON: python docs/_build/claims.py."""

import json

import feynax as fx


def documents() -> list[dict]:
    """Every document that has claims, in the order of the library."""
    return [
        {"short": short, "title": title, "claims": [_plain(c) for c in fx.reproduce.claims(short)]}
        for short, title in fx.reproduce.DOCUMENTS.items()
    ]


def _plain(claim: fx.reproduce.Claim) -> dict[str, str]:
    return {
        "where": claim.where,
        "printed": claim.printed,
        "right": claim.right,
        "ruling": claim.expects,
    }


if __name__ == "__main__":
    print(json.dumps(documents()))
