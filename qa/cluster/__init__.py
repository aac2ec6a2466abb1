"""Builds on the processors of several machines, by Ray; its libraries are in the extra ``ray``.

Ray Data deals files and texts to workers, and does again what a lost machine had. The process that
builds is the only one that writes, so the index is that of a build without Ray.
"""

from qa.cluster.connection import AUTO, cluster

__all__ = ["AUTO", "cluster"]
