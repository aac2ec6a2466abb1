"""How far a paragraph alone gives away whether a question about it has an answer.

In SQuAD 2.0 whole articles have questions of one kind, and most training sets have no
unanswerable question at all: whether there is an answer can be guessed from the paragraph
(AUC 0.94 on paragraphs not seen), and a network that guesses so has learnt nothing for a
reader's own documents. So the guess is taken out: it is added to the logits in training, and
not afterwards.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from training.questions import Questions

# The inverse of the penalty on weights: of 0.001 to 0.1 this one has the least log loss on
# paragraphs that were held out of the fit.
_C = 0.01
_ITERATIONS = 200


def with_priors(questions: Questions) -> Questions:
    """Give each example the log-odds of "no answer" given its paragraph.

    By a logistic regression on the paragraph's tokens and the set it comes from, less the
    log-odds over all that it is fitted on, so that the reader keeps those. An example with a
    negative beside it has no prior and is not fitted on: of its two paragraphs one has the
    answer. To be called on all that is trained on, which is what a network could learn by heart:
    there the guess has an AUC of 0.98. A product of experts, of which one knows the bias alone:
    "Bias Product" of Clark, Yatskar and Zettlemoyer (2019).
    """
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    alone = [example for example in questions.train if example.negative < 0]
    counts = Counter((example.context, not example.answers) for example in alone)
    absent = sum(count for (_, is_absent), count in counts.items() if is_absent)
    if absent in (0, len(alone)):
        return questions.with_train(questions.train, priors=True)
    contexts = questions.contexts
    used = sorted({example.context for example in alone})
    row = {context: i for i, context in enumerate(used)}
    tokens = [np.unique(contexts[context].ids) for context in used]
    vocabulary = 1 + max((int(ids[-1]) for ids in tokens if len(ids)), default=0)
    sources = sorted({contexts[context].source for context in used})
    columns = [
        np.append(ids, vocabulary + sources.index(contexts[context].source))
        for ids, context in zip(tokens, used, strict=True)
    ]
    ends = np.cumsum([0, *(len(each) for each in columns)])
    ones = np.ones(ends[-1], dtype=np.float32)
    shape = (len(used), vocabulary + len(sources))
    features = csr_matrix((ones, np.concatenate(columns), ends), shape=shape)
    model = LogisticRegression(C=_C, max_iter=_ITERATIONS)
    model.fit(
        features[[row[context] for context, _ in counts]],
        [is_absent for _, is_absent in counts],
        sample_weight=list(counts.values()),
    )
    overall = np.log(absent / (len(alone) - absent))
    priors = model.decision_function(features) - overall
    train = [
        example
        if example.negative >= 0
        else replace(example, prior=float(priors[row[example.context]]))
        for example in questions.train
    ]
    return questions.with_train(train, priors=True)
