"""Uploading photographs, and moving the points that were found in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import msgspec
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from posture_tools.collector.facts import as_measure
from posture_tools.pages import pictures, reading
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.audit import note, note_watching
from posture_tools.pages.badge import may_scan
from posture_tools.pages.problems import told
from posture_tools.pages.templatetags.shown import with_zone
from posture_tools.pages.told_form import ToldForm, choices
from posture_tools.pages.words import language_of, page_words
from posture_tools.uploads.desk import NAME
from posture_tools.uploads.kept import MOST_DAYS, USUAL_DAYS, KeptVisit, Photo
from posture_tools.uploads.moving import place_of, tallest
from posture_tools.uploads.uploading import MOST_FILES, File

from edge.errors import NOT_JSON, PostureError
from edge.posture.landmarks import USABLE
from edge.records import HandSet, Measure, View, is_length
from edge.report.drawing import signed
from edge.report.words import Words, words
from edge.sightings.points_file import KNOWN
from edge.wire.codec import decode_result

_VIEWS = tuple(view for view in get_args(View) if view != "unknown")


class Files(forms.ClearableFileInput):
    """Several at once."""

    allow_multiple_selected = True


class UploadForm(ToldForm):
    """One visit by photographs. days : how long they are kept at most."""

    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, initial=USUAL_DAYS)
    longer = forms.BooleanField(required=False)

    @property
    def is_too_long(self) -> bool:
        return self.cleaned_data["days"] > USUAL_DAYS and not self.cleaned_data["longer"]


class Moved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page sends: points that are not where they were found, and from where it is seen."""

    points: dict[str, tuple[float, float] | None] = {}
    view: View | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One measure before and after."""

    name: str
    first: str
    now: str
    why: str

    @property
    def is_changed(self) -> bool:
        return self.first != self.now


@needs(Right.COMMAND)
def sites(request: HttpRequest) -> HttpResponse:
    """Choose the site of an upload; where there is only one, go there at once."""
    found = pictures.sites_of(account_of(request))
    if len(found) == 1:
        return redirect("upload", found[0])
    return render(request, "pages/upload_sites.html", {"sites": found})


@needs(Right.COMMAND, "GET", "POST")
def upload(request: HttpRequest, site: str) -> HttpResponse:
    """The form, and what waits for a review; a posted form is measured at once."""
    say = page_words(language_of(request))
    form = UploadForm(request.POST) if request.method == "POST" else UploadForm()
    problem = "" if settings.PAGES.uploads else say("upload", "off")
    if request.method == "POST" and not problem and form.is_valid():
        files = request.FILES.getlist("photos")
        if form.is_too_long:
            problem = say("upload", "too_long")
        elif not 1 <= len(files) <= MOST_FILES:
            problem = say("upload", "too_many", MOST_FILES)
        else:
            note(request, "upload", site, form.cleaned_data["code"])
            try:
                visit = pictures.uploads().take(
                    site, form.order(), [File(each.read()) for each in files],
                    by=account_of(request).name, days=form.cleaned_data["days"],
                )  # fmt: skip
                return redirect("photo", site, visit.session, 1)
            except PostureError as error:
                problem = told(say, error)
    refused = request.method == "POST" and (problem or form.errors)
    kept = pictures.uploads().kept.visits(site) if settings.PAGES.uploads else ()
    context = {
        "form": form, "site": site, "problem": problem, "kept": list(kept), "most": MOST_FILES,
        "files": say("upload", "files", MOST_FILES), "choices": choices(say, form),
    }  # fmt: skip
    answer = render(request, "pages/upload.html", context, status=409 if refused else 200)
    return may_scan(answer)


@needs(Right.COMMAND, "POST")
def reviewed(request: HttpRequest, site: str, session: str) -> HttpResponse:
    """End a review: the pictures go, the results stay."""
    _kept(request, site, session)
    note(request, "reviewed", site, f"{NAME} {session}")
    pictures.uploads().kept.drop(site, session)
    messages.success(request, page_words(language_of(request))("upload", "reviewed"))
    return redirect("visit", site, NAME, session)


@needs(Right.COMMAND, "GET", "POST")
def photo(request: HttpRequest, site: str, session: str, number: int) -> HttpResponse:
    """A picture with its points; what is posted becomes the answer."""
    visit, photo = _photo(request, site, session, number)
    say, problem = page_words(language_of(request)), ""
    if request.method == "POST":
        try:
            moved = msgspec.json.decode(request.POST.get("moved", ""), type=Moved)
            note(request, "move points", site, f"{NAME} {session} {number}")
            chosen = msgspec.structs.replace(photo, view=moved.view)
            pictures.uploads().correct(visit, chosen, moved.points, by=account_of(request).name)
            messages.success(request, say("upload", "saved"))
            return redirect("photo", site, session, number)
        except (PostureError, *NOT_JSON) as error:
            problem = told(say, error)
    note(request, "see", site, f"{NAME} {session} {number}")
    context = {
        "site": site, "session": session, "visit": visit, "photo": photo, "problem": problem,
        "title": say("upload", "photo", number),
        "points": _points(visit, photo, words(say.language)),
        "views": _VIEWS, "last": say("upload", "last", photo.by, with_zone(photo.on)),
        "people": say("upload", "people", photo.people),
        "taken": say("upload", "taken", photo.taken_at.replace("T", " ")),
        **_rows(request, visit, photo, Moved(photo.points, photo.view)),
    }  # fmt: skip
    return render(request, "pages/photo.html", context, status=409 if problem else 200)


@needs(Right.COMMAND)
def picture(request: HttpRequest, site: str, session: str, number: int) -> HttpResponse:
    """The photograph, small enough to be shown; nothing of EXIF is in it."""
    visit, photo = _photo(request, site, session, number)
    note_watching(request, "see", site, f"{NAME} {session} {number}")
    place = pictures.uploads().kept.picture(visit.site, visit.session, photo.number)
    try:
        return HttpResponse(place.with_suffix(".jpg").read_bytes(), content_type="image/jpeg")
    except OSError as error:
        raise Http404 from error


@needs(Right.COMMAND, "POST")
def measures(request: HttpRequest, site: str, session: str, number: int) -> HttpResponse:
    """What the points say as they stand now; nothing is kept of it."""
    visit, photo = _photo(request, site, session, number)
    note_watching(request, "see", site, f"{NAME} {session} {number}")
    try:
        moved = msgspec.json.decode(request.body, type=Moved)
        rows = _rows(request, visit, photo, moved)
    except (PostureError, *NOT_JSON) as error:
        return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
    return render(request, "pages/photo_measures.html", rows)


def _kept(request: HttpRequest, site: str, session: str) -> KeptVisit:
    visit = pictures.visit_for(account_of(request), site, session)
    if visit is None or visit.site != site:
        raise Http404
    return visit


def _photo(request: HttpRequest, site: str, session: str, number: int) -> tuple[KeptVisit, Photo]:
    visit = _kept(request, site, session)
    photo = visit.photo(number)
    if photo is None:
        raise Http404
    return visit, photo


def _points(visit: KeptVisit, photo: Photo, say: Words) -> dict[str, Any]:
    """For the script: where everything was found, where it stands, and what else may be added."""
    pose = tallest(pictures.uploads().kept.found(visit.site, visit.session, photo.number))
    found = {
        name: place
        for row, name in enumerate(pose.skeleton.keypoints)
        if name not in pose.skeleton.middles
        and pose.keypoints[row, 2] >= USABLE
        and (place := place_of(pose, name)) is not None
    }
    more = sorted(KNOWN - found.keys() - pose.skeleton.middles.keys(), key=say.part)
    limbs = [
        [pose.skeleton.keypoints[a], pose.skeleton.keypoints[b]] for a, b in pose.skeleton.limbs
    ]
    return {
        "width": photo.width_px, "height": photo.height_px, "found": found,
        "moved": photo.points, "view": photo.view or "", "limbs": limbs,
        "names": {name: say.part(name) for name in (*found, *more)},
        "failed": page_words(say.language)("upload", "failed"),
    }  # fmt: skip


def _rows(request: HttpRequest, visit: KeptVisit, photo: Photo, moved: Moved) -> dict[str, Any]:
    """For the table: measured ones first, refused ones with why; doubts once for all."""
    say = words(language_of(request))
    refused = page_words(say.language)("upload", "refused")
    hand = HandSet(moved.points, "", "") if moved.points else None
    chosen = msgspec.structs.replace(photo, view=moved.view)
    person = pictures.uploads().measured(visit, chosen, hand)
    first = {(m.code, m.side, m.definition): m for m in _first_answer(visit, photo)}
    rows, doubts = [], dict[str, None]()
    for m in sorted(person.measures, key=lambda m: m.value is None):
        before = first.get((m.code, m.side, m.definition))
        told = refused if before is None else _told(before, say, refused)
        why = say.reason(m.why[0]) if m.value is None else ""
        if m.value is not None:
            doubts |= dict.fromkeys(say.reason(each) for each in m.why)
        rows.append(Row(say.measure(m.code, m.definition), told, _told(m, say, refused), why))
    low = f"{say('page', 'low')}: {say.listed(doubts)}" if doubts else ""
    lengths = any(is_length(m.unit) for m in person.measures if m.value is not None)
    scale = say.scale(person.scale.by) if person.scale is not None and lengths else ""
    return {"rows": rows, "doubts": low, "scale": scale}


def _first_answer(visit: KeptVisit, photo: Photo) -> list[Measure]:
    """The first answer, as it stands in the store."""
    _, epoch, seq = photo.answers[0].split(":")
    rows = reading.store().rows(
        "SELECT body FROM result WHERE site = ? AND station = ? AND epoch = ? AND seq = ?",
        (visit.site, NAME, epoch, int(seq)),
    )
    return [as_measure(m) for (body,) in rows for m in decode_result(bytes(body)).measures]


def _told(measure: Measure, say: Words, refused: str) -> str:
    if measure.value is None:
        return refused
    digits = 2 if measure.unit in ("1", "") else 1
    spread = "" if measure.u95 is None else f" ± {measure.u95:.{digits}f}"
    return f"{signed(measure.value, digits)}{spread}{say.unit(measure.unit)}"
