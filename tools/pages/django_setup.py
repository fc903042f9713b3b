"""The framework's settings, made of ours. Called once, before anything of Django is imported."""

from __future__ import annotations

import logging
from pathlib import Path

import django
from django.conf import settings
from posture_tools.pages.config import PagesConfig, secret_of
from posture_tools.pages.own_tables import database_of

import edge.report

_HERE = Path(__file__).parent
_REPORT_STYLE = Path(edge.report.__file__).parent / "style"
_DAY_S = 24 * 60 * 60
_MOST_TRIES, _LOCKED_MINUTES = 8, 15
_ADDRESSES = 100_000  # that are counted at once


def configure(config: PagesConfig, *, debug: bool = False) -> None:
    """Settings of Django 5.2 for these pages."""
    from datetime import timedelta

    hosts = list(config.names) or ([config.host, "127.0.0.1", "localhost"])
    settings.configure(
        DEBUG=debug,
        SECRET_KEY=secret_of(config),
        ALLOWED_HOSTS=hosts,
        ROOT_URLCONF="posture_tools.pages.urls",
        PAGES=config,
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "axes",
            "django_otp",
            "django_otp.plugins.otp_totp",
            "posture_tools.pages",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "posture_tools.pages.middleware.Paced",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "posture_tools.pages.middleware.IdleEnds",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "posture_tools.pages.middleware.OwnLanguage",
            "posture_tools.pages.middleware.GuardingHeaders",
            "posture_tools.pages.middleware.StoreAway",
            "axes.middleware.AxesMiddleware",
        ],
        AUTHENTICATION_BACKENDS=[
            "axes.backends.AxesStandaloneBackend",
            "django.contrib.auth.backends.ModelBackend",
            *(["posture_tools.pages.views.sign_on.Vouched"] if config.sign_on else []),
        ],
        AUTH_USER_MODEL="pages.Account",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"],
        AUTH_PASSWORD_VALIDATORS=[
            {
                "NAME": "posture_tools.pages.passwords.LongEnough",
                "OPTIONS": {"min_length": 10},
            },
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
            {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
        ],
        DATABASES={"default": database_of(config)},
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                "OPTIONS": {"MAX_ENTRIES": _ADDRESSES},
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                        "posture_tools.pages.words.context",
                    ],
                    "builtins": ["posture_tools.pages.templatetags.shown"],
                },
            }
        ],
        STATIC_URL="/static/",
        STATICFILES_DIRS=[_HERE / "static", ("report", str(_REPORT_STYLE))],
        WHITENOISE_USE_FINDERS=True,
        WHITENOISE_MAX_AGE=_DAY_S,
        LOGIN_URL="enter",
        LOGIN_REDIRECT_URL="home",
        LOGOUT_REDIRECT_URL="enter",
        # A shift; who does nothing is logged out long before, by middleware.IdleEnds.
        SESSION_COOKIE_AGE=_DAY_S // 2,
        SESSION_EXPIRE_AT_BROWSER_CLOSE=True,
        SESSION_COOKIE_SECURE=config.is_secure,
        CSRF_COOKIE_SECURE=config.is_secure,
        CSRF_COOKIE_HTTPONLY=True,
        # A provider sends people back from its own site, and they must be known then.
        SESSION_COOKIE_SAMESITE="Lax" if config.sign_on else "Strict",
        CSRF_COOKIE_SAMESITE="Strict",
        SECURE_CONTENT_TYPE_NOSNIFF=True,
        SECURE_REFERRER_POLICY="same-origin",
        # What a proxy says of its callers is judged by the server, which knows who is the proxy.
        SECURE_SSL_REDIRECT=config.is_secure,
        SECURE_HSTS_SECONDS=_DAY_S * 365 if config.is_secure else 0,
        X_FRAME_OPTIONS="DENY",
        AXES_FAILURE_LIMIT=_MOST_TRIES,
        AXES_COOLOFF_TIME=timedelta(minutes=_LOCKED_MINUTES),
        AXES_LOCKOUT_PARAMETERS=[["username", "ip_address"]],
        AXES_LOCKOUT_TEMPLATE="pages/locked.html",
        AXES_VERBOSE=False,
        OTP_TOTP_ISSUER="Posture station",
        AXES_USERNAME_FORM_FIELD="username",
        USE_TZ=True,
        TIME_ZONE=config.time_zone,
        LANGUAGE_CODE="en",
        LANGUAGES=[("en", "English"), ("zh-hans", "简体中文"), ("ko", "한국어"), ("ja", "日本語")],
        USE_I18N=True,
        LOGGING_CONFIG=None,
    )
    logging.getLogger("django.request").setLevel(logging.ERROR)  # who is refused is told so
    django.setup()
