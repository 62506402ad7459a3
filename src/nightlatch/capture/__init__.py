"""Where did it come in? Takes exchanges off the wire and carries the verdict out."""
