"""Analysis of any map or vector field: where it rests, how it forgets, how it branches."""
