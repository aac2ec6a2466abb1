"""How the shipped models are made: ``python -m training.recipe DATA TEXT`` (extra ``[train]``).

Trainers import the library; the library never imports a trainer. What a stage trains on is
:class:`training.questions.Questions` or text, what it leaves is a checkpoint
(:mod:`training.checkpoint`), and what teaches a reader is any function from a batch to
probabilities (:data:`training.objective.Teacher`).
"""
