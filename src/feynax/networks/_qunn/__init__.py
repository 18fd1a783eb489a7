"""QUNN: a network whose weights are built from its own last inputs."""
