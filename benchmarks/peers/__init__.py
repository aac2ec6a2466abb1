"""Verbatim beside other systems, over the same passages, questions and weights.

``make bench-peers``. Each system runs in a process of its own, and all of ``systems/`` except
Verbatim in a separate environment (``constraints.txt``).
"""
