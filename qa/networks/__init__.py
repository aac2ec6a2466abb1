"""The networks and nothing but them: texts into vectors, question and passage into spans."""
