"""Networks that no closed system of their size follows: open ones, and doubled ones."""
