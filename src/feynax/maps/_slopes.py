"""Between which numbers the slope of each named activation lies."""

SLOPES = {
    "identity": (1.0, 1.0),
    "relu": (0.0, 1.0),
    "relu6": (0.0, 1.0),
    "leaky_relu": (0.01, 1.0),
    "softplus": (0.0, 1.0),
    "tanh": (0.0, 1.0),
    "sigmoid": (0.0, 0.25),
    "gelu": (-0.12891, 1.12891),
}
