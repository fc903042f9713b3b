"""The framework's settings, made of ours. Called once, before anything of Django is imported."""

from __future__ import annotations

from pathlib import Path

import django
from django.conf import settings
from posture_tools.pages.config import PagesConfig, secret_of

import edge.report

_HERE = Path(__file__).parent
_REPORT_STYLE = Path(edge.report.__file__).parent / "style"
_DAY_S = 24 * 60 * 60
_MOST_TRIES, _LOCKED_MINUTES = 8, 15


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
            "posture_tools.pages",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "posture_tools.pages.middleware.IdleSessions",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
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
        ],
        AUTH_USER_MODEL="pages.Account",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"],
        AUTH_PASSWORD_VALIDATORS=[
            {
                "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                "OPTIONS": {"min_length": 10},
            },
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
            {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": config.own,
                "OPTIONS": {
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
                    "transaction_mode": "IMMEDIATE",
                    "timeout": 20,
                },
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
        # Logged out after so long without a page: a tablet is handed on.
        SESSION_COOKIE_AGE=config.idle_minutes * 60,
        SESSION_SAVE_EVERY_REQUEST=True,
        SESSION_COOKIE_SECURE=config.is_secure,
        CSRF_COOKIE_SECURE=config.is_secure,
        CSRF_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        CSRF_COOKIE_SAMESITE="Strict",
        SECURE_CONTENT_TYPE_NOSNIFF=True,
        SECURE_REFERRER_POLICY="same-origin",
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")
        if config.behind_proxy
        else None,
        SECURE_HSTS_SECONDS=_DAY_S * 365 if config.is_secure else 0,
        X_FRAME_OPTIONS="DENY",
        AXES_FAILURE_LIMIT=_MOST_TRIES,
        AXES_COOLOFF_TIME=timedelta(minutes=_LOCKED_MINUTES),
        AXES_LOCKOUT_PARAMETERS=[["username", "ip_address"]],
        AXES_LOCKOUT_TEMPLATE="pages/locked.html",
        AXES_VERBOSE=False,
        AXES_USERNAME_FORM_FIELD="username",
        USE_TZ=True,
        TIME_ZONE="UTC",
        LANGUAGE_CODE="en",
        LANGUAGES=[("en", "English"), ("zh-hans", "简体中文"), ("ko", "한국어"), ("ja", "日本語")],
        USE_I18N=True,
        LOGGING_CONFIG=None,
    )
    django.setup()
