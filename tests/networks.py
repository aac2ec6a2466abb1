"""Small networks with random weights, and what belongs to them."""

import random

from tokenizers import Tokenizer
from tokenizers.models import WordPiece


def mpnet_tokenizer(small, *, seed):
    """MPNet's vocabulary: the same word pieces in another order, the special tokens renamed."""
    special = {"[CLS]", "[PAD]", "[SEP]", "[MASK]"}
    pieces = sorted(small.get_vocab().keys() - special)  # its own order is another each time
    random.Random(seed).shuffle(pieces)
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *pieces, "<mask>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
