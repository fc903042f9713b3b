"""A rendered person with exact keypoints and angles."""
