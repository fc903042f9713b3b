"""Round stickers on the spinous processes, found by classical vision."""
