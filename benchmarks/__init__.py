"""Speed and accuracy, measured: ``python -m benchmarks`` (or ``make bench``)."""
