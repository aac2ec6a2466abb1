"""The networks: the encoder turns texts into vectors, the reader finds answer spans."""
