"""Verbatim beside other systems, over the same passages, questions and weights.

``make bench-peers``. Each system runs in a process of its own: those of
``systems/`` but for Verbatim in an environment of their own (``constraints.txt``).
"""
