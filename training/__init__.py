"""How the shipped reader is made: ``python -m training.recipe`` (extra ``[train]``).

Trainers import the library; the library never imports a trainer.
"""
