"""All addresses of the pages. Each view says which right it needs; the tests walk this table."""

from __future__ import annotations

from django.urls import path, register_converter
from posture_tools.pages import away
from posture_tools.pages.api import api_urls
from posture_tools.pages.views import (
    accounts,
    aiming,
    badges,
    entrance,
    erasing,
    exports,
    fleet,
    hooks,
    letters,
    movements,
    operating,
    people,
    roll_outs,
    screening,
    sign_on,
    uploads,
    visits,
)


class WordConverter:
    """A site, station, session or code, as topics allow them."""

    regex = r"[^/\x00]{1,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(WordConverter, "word")

urlpatterns = [
    path("enter/", entrance.Enter.as_view(), name="enter"),
    path("enter/second/", entrance.enter_second, name="enter-second"),
    path("sign-on/", sign_on.begin, name="sign-on"),
    path("sign-on/back/", sign_on.back, name="oidc_authentication_callback"),
    path("sign-on/refused/", sign_on.none_here, name="sign-on-refused"),
    path("leave/", entrance.Leave.as_view(), name="leave"),
    path("", entrance.home, name="home"),
    path("me/", entrance.me, name="me"),
    path("me/second/", entrance.second, name="second"),
    path("visits/", visits.search, name="visits"),
    path("visits/rows/", visits.rows, name="visit-rows"),
    path("visits/<word:site>/<word:station>/<word:session>/", visits.visit, name="visit"),
    path("visits/<word:site>/<word:station>/<word:session>/sheet/", visits.sheet, name="sheet"),
    path("people/<word:site>/<word:code>/", people.person, name="person"),
    path("stations/", fleet.stations, name="stations"),
    path("stations/rows/", fleet.rows, name="station-rows"),
    path("stations/<word:site>/<word:station>/", fleet.station, name="station"),
    path("stations/<word:site>/<word:station>/screen/", screening.screen, name="screen"),
    path("uploads/", uploads.sites, name="upload-sites"),
    path("uploads/<word:site>/", uploads.upload, name="upload"),
    path("uploads/<word:site>/<word:session>/", uploads.reviewed, name="reviewed"),
    path("uploads/<word:site>/<word:session>/<int:number>/", uploads.photo, name="photo"),
    path(
        "uploads/<word:site>/<word:session>/<int:number>/picture/", uploads.picture, name="picture"
    ),
    path(
        "uploads/<word:site>/<word:session>/<int:number>/measures/", uploads.measures, name="moved"
    ),
    path("people/<word:site>/<word:code>/erase/", erasing.erase, name="erase"),
    path("people/<word:site>/<word:code>/badge/", badges.badge, name="badge"),
    path("export/measures.csv", exports.measures, name="export"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/<int:number>/", accounts.account, name="account"),
    path("tokens/", accounts.tokens, name="tokens"),
    path("webhooks/", hooks.hooks, name="hooks"),
    path("api/", api_urls()),
    path("audit/", accounts.audit_log, name="audit"),
]

_STATION = "stations/<word:site>/<word:station>"
_MOVEMENTS = f"{_STATION}/session/<word:session>/movements"
urlpatterns += [  # an operator at a station
    path(f"{_STATION}/session/", operating.session, name="session"),
    path(f"{_STATION}/session/now/", operating.now, name="session-now"),
    path(f"{_MOVEMENTS}/", movements.sheet, name="movements"),
    path(f"{_MOVEMENTS}/now/", movements.now, name="movements-now"),
    path(f"{_STATION}/aim/", aiming.aim, name="aim"),
    path(f"{_STATION}/aim/now/", aiming.now, name="aim-now"),
]
urlpatterns += [  # the fleet
    path("letters/", letters.letters, name="letters"),
    path("letters/<word:kind>/<word:sha256>/", letters.letter, name="letter"),
    path("letters/<word:kind>/<word:sha256>/resolve/", letters.resolve, name="resolve"),
    path("roll-outs/", roll_outs.roll_outs, name="roll-outs"),
    path("roll-outs/<word:sha256>/", roll_outs.roll_out, name="roll-out"),
]

handler403, handler404, handler500 = away.refused, away.not_there, away.broken
