"""The benchmark: rates of the product beside baselines of the same run. `python -m tests.bench`."""
