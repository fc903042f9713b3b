"""One page for each screening: figure, measures, trend, in the reader's language."""
