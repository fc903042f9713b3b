"""People in photographs as pages, and the photographs of one visit as one answer."""
