"""Each case is a module with `run(address)`, which yields its results."""
