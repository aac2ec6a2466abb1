"""Votes on answers, their review, and the golden questions made from them."""

from qa.feedback.golden import export, feedback_questions
from qa.feedback.review import review
from qa.feedback.store import FeedbackStore, Review, Vote

__all__ = ["FeedbackStore", "Review", "Vote", "export", "feedback_questions", "review"]
