"""The table of what a person saw, and how it meets the labels."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from posture_tools.evaluate.looked_at import LookedAt, as_seen, looked_at
from posture_tools.evaluate.photos import read_sets
from simulators.dotted_person import standing

TABLE = LookedAt(
    {"mine": {"a.jpg": ["front", "unclear", "left"]}}, frozenset({("mine", "a.jpg", 0)})
)


def test_what_a_person_saw_counts_before_what_labels_say() -> None:
    people = [standing("back")] * 4
    seen = as_seen("mine", "a.jpg", people, TABLE)
    assert [person.view for person in seen] == ["front", "unknown", "left", "unknown"]
    assert [person.hips_show for person in seen] == [True, False, False, False]


def test_a_picture_that_is_not_named_in_a_set_that_is_shows_nobody_clearly() -> None:
    (person,) = as_seen("mine", "b.jpg", [standing("back")], TABLE)
    assert person.view == "unknown"


def test_a_set_that_nobody_looked_at_keeps_its_labels() -> None:
    (person,) = as_seen("yours", "a.jpg", [standing("back")], TABLE)
    assert person.view == "back"


def test_hips_show_only_from_front_or_back() -> None:
    table = looked_at()
    for set_name, file, person in table.waist_and_hips:
        assert table.views[set_name][file][person] in ("front", "back"), file


@pytest.mark.shared
def test_every_entry_is_a_labelled_person_of_a_set(shared: Path) -> None:
    table = looked_at()
    for set_name, views in table.views.items():
        photos = {photo.name: photo for photo in read_sets(shared / "photos", [set_name])}
        assert set(views) <= set(photos), set_name
        for file, entries in views.items():
            people = photos[file].people
            assert len(entries) <= len(people), file
            for person, view in zip(people, entries, strict=False):
                assert view == "unclear" or person.wanted, file
        read = Counter(person.view for photo in photos.values() for person in photo.people)
        said = Counter(view for entries in views.values() for view in entries)
        for view in ("front", "back", "right", "left"):
            assert read[view] == said[view], (set_name, view)
