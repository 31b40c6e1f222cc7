"""A warm pool of confined processes for python graders; the worker imports this package, so it stays empty."""
