"""People in photographs and videos: looked at picture by picture, with what was told of them."""
