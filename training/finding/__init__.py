"""Training the encoder to find what answers among all passages of a folder.

Each step asks all questions about half of a folder's documents of all the passages in that half,
so that every other passage of the folder is a hard negative, and asks labelled questions of some
forty paragraphs, so that what the encoder knew is kept. ``python -m training.finding`` runs it.
"""
