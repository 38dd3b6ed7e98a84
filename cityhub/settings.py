"""Settings of the roof. Every value that a city may change comes from the environment.

`docs/operations.md` lists each of them; a test compares.
"""

import os
from pathlib import Path

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from cityhub import environment
from foundation import logs

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("CITYHUB_VAR", BASE_DIR / "var"))

DEBUG = environment.flag(os.environ, "CITYHUB_DEBUG")
SECRET_KEY = environment.secret_key(VAR_DIR, os.environ.get("CITYHUB_SECRET_KEY"))
ALLOWED_HOSTS = os.environ.get("CITYHUB_HOSTS", "localhost,127.0.0.1,testserver").split(",")
DATABASES = {"default": environment.database(os.environ.get("DATABASE_URL", "postgis:///cityhub"))}
# GeoDjango finds its libraries in wheels: newer than a distribution's, and nobody needs root.
GDAL_LIBRARY_PATH = environment.native_library("pyogrio", "libgdal*")
GEOS_LIBRARY_PATH = environment.native_library("shapely", "libgeos_c*")
environment.point_gdal_to_its_data()

# Without REDIS_URL (a test of one app, a shell) nothing needs Redis: caches stay in the process.
REDIS_URL = os.environ.get("REDIS_URL", "")
CACHES = {
    "default": {
        "BACKEND": "foundation.caching.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cityhub",
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "django.forms",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "oauth2_provider",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "foundation",
    "accounts",
    "carriers",
    "zones",
    "roads",
    "curbs",
    "tracking",
    "compliance",
    "routing",
    "reports",
    "portal",
    "cityhub",  # management commands of the roof
]
MIDDLEWARE = [
    "foundation.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "foundation.middleware.SecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "foundation.middleware.NulMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "portal.middleware.CityTimeMiddleware",
]
ROOT_URLCONF = "cityhub.urls"
ASGI_APPLICATION = "cityhub.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.chrome",
            ]
        },
    }
]
# Widgets of ours have their templates beside the pages.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"] if (BASE_DIR / "static").is_dir() else []
# Files are served from where they lie (found once, when the web process starts); no collecting.
WHITENOISE_USE_FINDERS = environment.flag(os.environ, "CITYHUB_STATIC", default=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People: e-mail address and password, second factor by allauth.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "accounts.hashers.SecretHasher",  # machine clients' secrets only
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_ADAPTER = "accounts.adapter.HubAccountAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # a step of half a minute for clocks and fingers (RFC 6238, section 5.2)
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
globals().update(
    environment.mail(os.environ.get("CITYHUB_SMTP", ""), os.environ.get("CITYHUB_MAIL_FROM", ""))
)

# The back office: its own look over Django's admin.
UNFOLD = {
    "SITE_TITLE": "CityHub",
    "SITE_HEADER": "CityHub",
    "SITE_SUBHEADER": _("Back office"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "hub",
    "SITE_ICON": lambda request: static("favicon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("favicon.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "#f0faf9",
            "100": "#daefec",
            "200": "#b3ddd8",
            "300": "#83c6bf",
            "400": "#4aa59d",
            "500": "#1f857d",
            "600": "#0b5e58",
            "700": "#084843",
            "800": "#07443f",
            "900": "#06332f",
            "950": "#031f1d",
        }
    },
    "SIDEBAR": {"show_search": True, "navigation": "portal.office.navigation"},
}

# Machines: OAuth 2.0 client credentials; tokens are looked up by their hash and kept only as such.
OAUTH2_PROVIDER_APPLICATION_MODEL = "accounts.ApiClient"
OAUTH2_PROVIDER = {
    "SCOPES_BACKEND_CLASS": "accounts.oauth.HubScopes",
    "OAUTH2_VALIDATOR_CLASS": "accounts.oauth.HubValidator",
    "ACCESS_TOKEN_EXPIRE_SECONDS": int(os.environ.get("CITYHUB_TOKEN_SECONDS", "3600")),
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "CLIENT_SECRET_HASHER": "sha256_secret",
}

# The API.
HUB_BODY_LIMIT = int(os.environ.get("CITYHUB_BODY_LIMIT", str(1024 * 1024)))
HUB_WEB_THREADS = int(os.environ.get("CITYHUB_WEB_THREADS", "12"))
HUB_COALESCE = environment.flag(os.environ, "CITYHUB_COALESCE", default=True)
HUB_PROBLEM_BASE = os.environ.get("CITYHUB_PROBLEM_BASE", "urn:cityhub:problem:")
HUB_RATE_CLIENT = int(os.environ.get("CITYHUB_RATE_CLIENT", "20000"))  # requests per minute
HUB_RATE_PUBLIC = int(os.environ.get("CITYHUB_RATE_PUBLIC", "1200"))
HUB_PROXIES = environment.networks(os.environ, "CITYHUB_PROXIES")
HUB_METRICS_TOKEN = os.environ.get("CITYHUB_METRICS_TOKEN", "")
# The event log: how many days it keeps what. Late events fold only where positions are kept.
HUB_POSITION_DAYS = environment.days(os.environ, "CITYHUB_POSITION_DAYS", default=30, least=16)
HUB_EVENT_DAYS = environment.days(
    os.environ, "CITYHUB_EVENT_DAYS", default=400, least=HUB_POSITION_DAYS
)
HUB_QUARANTINE_DAYS = environment.days(os.environ, "CITYHUB_QUARANTINE_DAYS", default=30, least=1)
# Webhooks go to public addresses; a city whose receivers live in its own network names it here.
HUB_WEBHOOK_NETWORKS = environment.networks(os.environ, "CITYHUB_WEBHOOK_NETWORKS")
# Findings: how long their frozen evidence and officers' checks are kept, and when disputes end.
HUB_EVIDENCE_DAYS = environment.days(os.environ, "CITYHUB_EVIDENCE_DAYS", default=1095, least=1)
HUB_CHECK_DAYS = environment.days(os.environ, "CITYHUB_CHECK_DAYS", default=90, least=1)
HUB_DISPUTE_DAYS = environment.days(os.environ, "CITYHUB_DISPUTE_DAYS", default=28, least=1)
HUB_DECISION_DAYS = environment.days(os.environ, "CITYHUB_DECISION_DAYS", default=28, least=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024  # each endpoint has a limit of its own
HUB_BODY_KEPT = DATA_UPLOAD_MAX_MEMORY_SIZE + 1024 * 1024  # a file within a form, and its wrapping
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.Bearer",
        "accounts.authentication.Session",
    ],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": [
        "foundation.api.renderers.HubJSONRenderer",
        "foundation.api.renderers.ProblemRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["foundation.api.throttles.ClientThrottle"],
    "EXCEPTION_HANDLER": "foundation.api.problems.handler",
    "DEFAULT_SCHEMA_CLASS": "foundation.api.openapi.HubSchema",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CityHub API",
    "DESCRIPTION": "City data sharing and curb management.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["foundation.api.openapi.add_structs"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Work in the background: one beat fires the tick every second of wall time.
CELERY_BROKER_URL = environment.celery_broker(REDIS_URL) if REDIS_URL else "memory://"
CELERY_BEAT_SCHEDULE = {"tick": {"task": "foundation.tick", "schedule": 1.0}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

# Security: a strict policy for pages; the back office's widgets need to evaluate code.
HUB_CSP = (
    "default-src 'self'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HUB_CSP_ADMIN = HUB_CSP.replace(
    "script-src 'self'", "script-src 'self' 'unsafe-inline' 'unsafe-eval'"
).replace("worker-src 'self'", "worker-src 'self' blob:")
CSRF_FAILURE_VIEW = "foundation.views.csrf_failed"
X_FRAME_OPTIONS = "DENY"
HTTPS = environment.flag(os.environ, "CITYHUB_HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
CSRF_TRUSTED_ORIGINS = [
    origin for origin in os.environ.get("CITYHUB_ORIGINS", "").split(",") if origin
]

# Logs: one line per record on stderr, JSON unless CITYHUB_LOG_FORMAT=text.
LOGGING_CONFIG = None
logs.configure(
    level=os.environ.get("CITYHUB_LOG_LEVEL", "INFO"),
    as_json=os.environ.get("CITYHUB_LOG_FORMAT", "json") == "json",
)
