int novelty;  // REFUSED: no rule says what this room may include
