"""The vocabulary: device states, presence, hints and the facts they are evaluated from."""
