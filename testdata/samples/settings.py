"""Settings of the shop."""
import os

SECRET_KEY = "⟦generic-secret|{b62:50}⟧"
DEBUG = False
AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "USER": "shop",
        "PASSWORD": "⟦generic-password|{pass}⟧",
        "HOST": os.environ["DB_HOST"],
    },
    "replica": {"PASSWORD": os.environ.get("REPLICA_PASSWORD", "changeme")},
}

token_url = "https://login.example.com/oauth2/token"
api_key = get_secret("shop/api-key")
GITHUB_TOKEN = "⟦github-pat-classic|ghp_{b62:30}{crc32b62}⟧"


def login(password: str, token: str | None = None) -> bool:
    """Checks a password; the token is that of `request.session`."""
    return verify(password=password, token=token or request.session.token)
