"""What users of photographs, videos, cameras and models met, and the test that holds each mended.

One row a fault, in the order of the page that lists them: what went wrong, and where it is tried.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
OUTPUTS, ERRORS, INPUTS = (f"commands/test_{name}.py" for name in ("outputs", "errors", "inputs"))
NAMES, CLIP, PHOTOS = "commands/test_names.py", "camera/test_clip.py", "camera/test_photo_kinds.py"

FAULTS: dict[int, dict[str, tuple[str, str]]] = {
    1: {
        "an input replaced by its own output": (OUTPUTS, "an_input_is_never_replaced"),
        "the model replaced": (OUTPUTS, "the_model_is_an_input_too"),
    },
    2: {
        "twins in two folders": (OUTPUTS, "twins_get_their_folders_in_their_names"),
        "two videos of one name": (OUTPUTS, "two_videos_of_one_name_are_two_overlays"),
        "refused in the middle of the run": (
            OUTPUTS, "two_outputs_of_one_name_are_refused_before_anything_is_read",
        ),
    },
    3: {
        "a full disk, csv and standard output": (OUTPUTS, "a_full_disk_is_said_in_words"),
        "a full disk, overlays": (OUTPUTS, "an_overlay_on_a_full_disk_is_told_and_leaves_nothing"),
        "a full disk, exports": ("test_exports.py", "a_full_disk_is_said_in_words"),
        "a report onto a file": (OUTPUTS, "a_report_onto_a_file_is_refused_before_the_work"),
    },
    4: {
        "devices and links replaced": (OUTPUTS, "devices_pipes_and_links_stay_what_they_are"),
        "by describe": ("models/test_command_line.py", "describe_writes_through_a_device"),
    },
    5: {
        "names that are not UTF-8, every output": (NAMES, "every_output_of_every_name"),
        "of a video and its overlay": (NAMES, "a_video_and_its_overlay_of_such_a_name"),
        "in the decoder of videos": (CLIP, "a_name_that_is_not_utf_8"),
        "in the decoder of photographs": (PHOTOS, "a_name_that_is_not_utf_8"),
        "run, calibrate, fms, models, collector": (NAMES, "every_command_takes_such_names"),
    },
    6: {
        "markup and orders to a terminal": (NAMES, "tables_show_the_name_and_obey_nothing"),
        "in every output": (NAMES, "every_output_of_every_name"),
    },
    7: {
        "a password in events and on screens": (
            "commands/test_secrets.py", "no_output_of_any_command_holds_a_secret",
        ),
        "shown": ("camera/test_address.py", "scheme_host_and_port_are_shown"),
        "two ways to read": (
            "camera/test_address.py", "an_address_that_can_be_read_in_two_ways_is_refused",
        ),
        "whatever the password": (
            "camera/test_address.py", "whatever_the_password_no_part_of_it_is_shown",
        ),
    },
    8: {
        "1600 megapixels, the batch": (INPUTS, "a_huge_picture_does_not_end_the_batch"),
        "1600 megapixels, doctor": (ERRORS, "doctor_survives_a_picture_that_is_too_large"),
        "a check that breaks": (ERRORS, "doctor_survives_a_check_that_breaks"),
        "by its header": (PHOTOS, "1600_megapixels_are_refused_by_their_header"),
        "headers of other kinds": (PHOTOS, "the_header_of_any_kind_is_asked"),
        "more than the memory": (PHOTOS, "a_photograph_larger_than_the_memory_ends_in_words"),
        "an address that makes no sense": (
            "camera/test_address.py", "an_address_that_can_be_read_in_two_ways_is_refused",
        ),
        "300 letters": (INPUTS, "a_name_of_300_letters_has_its_entry"),
        "300 letters, photographs": (PHOTOS, "a_name_of_300_letters"),
        "names that cannot be": (CLIP, "names_that_no_file_can_have"),
        "x.xyz": (ERRORS, "a_picture_of_no_kind_is_refused_in_words"),
        "ulimit -v": (ERRORS, "too_little_memory_ends_in_words"),
    },
    9: {"a kernel cache of zeros": (ERRORS, "a_kernel_cache_that_a_power_cut_damaged")},
    10: {"a model that answers NaN": (ERRORS, "a_model_that_answers_nan_is_not_described")},
    11: {
        "pixels that are not square": (CLIP, "pixels_that_are_not_square_are_made_square"),
        "the same trunk": (INPUTS, "the_same_scene_of_other_pixels_has_the_same_trunk"),
    },
    12: {
        "uneven times": (CLIP, "times_are_those_of_the_file"),
        "of any container": (CLIP, "uneven_times_of_any_container"),
    },
    13: {
        "a video that breaks off": (CLIP, "a_video_that_breaks_off_is_measured_and_told"),
        "its status": (INPUTS, "a_video_that_breaks_off_ends_with_1_and_keeps_its_frames"),
        "of any container": (CLIP, "in_any_container_that_tells_its_length"),
    },
    14: {
        "AV1": (CLIP, "a_codec_that_cannot_be_decoded_is_named"),
        "run repeats it for ever": (ERRORS, "run_ends_where_nothing_can_be_read"),
        "suffixes": (CLIP, "the_decoder_is_asked_and_not_the_suffix"),
        "suffixes, assess": (INPUTS, "a_video_of_any_suffix_is_measured"),
        "HEIC": (PHOTOS, "heic_is_read_whatever_its_name"),
        "HEIC without its reader": (PHOTOS, "without_its_reader_heic_is_named_with_what_to_do"),
    },
    15: {"a display matrix with a flip": (CLIP, "a_mirrored_video_stands_upright")},
    16: {
        "left out without a word": (INPUTS, "a_folder_takes_videos_and_says_what_it_left_out"),
        "by kind and count": (
            "camera/test_folder.py", "what_a_folder_leaves_out_is_told_by_kind_and_count",
        ),
        "subfolders": ("camera/test_folder.py", "recursive_takes_subfolders_and_no_circle"),
    },
    17: {
        "no entry": (INPUTS, "a_path_that_is_not_there_has_its_entry_and_the_rest_goes_on"),
        "the folder's path": (INPUTS, "a_damaged_file_of_a_folder_carries_its_own_path"),
        "run ends with 0": (ERRORS, "run_on_an_unreadable_picture_does_not_end_with_0"),
        "check, inspect and a bad model": (ERRORS, "a_bad_model_has_its_entry_in_every_command"),
        "a clip shorter than --interval": (ERRORS, "a_clip_shorter_than_the_interval_says_so"),
        "what a measure is": (INPUTS, "an_entry_says_what_each_measure_is"),
    },
    18: {
        "stated nowhere": ("cli/test_programs.py", "the_guide_has_the_table_of_exit_statuses"),
        "four programs, four statuses": (ERRORS, "one_error_has_one_status_in_every_program"),
        "--settings behind the verb": (ERRORS, "settings_may_stand_behind_the_verb"),
    },
    19: {"Ctrl-C cuts the document": ("cli/test_pipe.py", "ctrl_c_never_cuts_a_json_document")},
}  # fmt: skip


def named_in(file: str) -> list[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("number", range(1, 20))
def test_each_fault_of_the_page_has_its_tests(number: int) -> None:
    for what, (file, name) in FAULTS[number].items():
        there = [test for test in named_in(file) if test.startswith("test_") and name in test]
        assert there, f"{number}, {what}: {file} has no test {name}"


def test_each_test_that_names_a_fault_stands_in_the_table() -> None:
    for path in sorted(TESTS.rglob("test_*.py")):
        file = path.relative_to(TESTS).as_posix()
        for test in named_in(file):
            if said := re.match(r"test_faults?_(\d+)(?:_and_(\d+))?_", test):
                for number in map(int, filter(None, said.groups())):
                    rows = FAULTS[number].values()
                    assert any(file == at and name in test for at, name in rows), (file, test)
