"""Half balls on the spine, told by their colour: their patches, which are stickers, their line."""
