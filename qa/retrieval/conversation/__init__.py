"""Follow-ups: the stand-alone question that a turn of a conversation means."""

from qa.retrieval.conversation.readings import Reading, stand_alone

__all__ = ["Reading", "stand_alone"]
