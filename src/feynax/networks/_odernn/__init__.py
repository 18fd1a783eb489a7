"""The n-t-ODERNN: a recurrent network as one Runge-Kutta-like step with delays."""
