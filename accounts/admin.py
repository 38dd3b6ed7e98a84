"""The back office's door: through the portal's sign-in, so that the second factor counts there."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin

admin.site.login = secure_admin_login(admin.site.login)
