"""What is stored of accounts (storage.md: users, sessions)."""

from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from ..database import MomentField, Versioned, now

ROLES = ("customer", "staff", "admin")
STAFF_ROLES = ("staff", "admin")


class PasswordHashField(models.CharField):  # type: ignore[type-arg]  # generic only in django-stubs
    """A PHC string, as the siblings write it; Django's own form has the hasher's name before it."""

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """`argon2$argon2id$v=19$…` from `$argon2id$v=19$…`."""
        return None if value is None else f"argon2{value}"

    def get_prep_value(self, value: Any) -> Any:
        """The PHC string alone."""
        return super().get_prep_value(value).removeprefix("argon2")


class UserManager(BaseUserManager["User"]):
    """Finds an account for the admin site's login."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """By e-mail address, whatever its case."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, Versioned):
    """An account. Roles replace Django's flags, groups and permissions; `version` is its ETag."""

    email = models.CharField(max_length=254)
    password = PasswordHashField(max_length=255, db_column="password_hash")
    name = models.CharField(max_length=100)
    role = models.CharField(
        max_length=10, default="customer", choices=[(role, role) for role in ROLES]
    )
    disabled = models.BooleanField(default=False)
    last_login = None  # the layout has no such column

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        db_table = "users"
        indexes = (models.Index(fields=("created_at", "id"), name="ix_users_created"),)
        constraints = (
            models.UniqueConstraint(fields=("email",), name="uq_users_email"),
            models.CheckConstraint(condition=models.Q(role__in=ROLES), name="ck_users_role"),
        )

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # a property replaces the class attribute
        """Whether the account may log in."""
        return not self.disabled

    @property
    def is_staff(self) -> bool:
        """Whether the account may enter the admin site."""
        return self.role in STAFF_ROLES

    @property
    def is_superuser(self) -> bool:
        """Whether the account may do everything."""
        return self.role == "admin"

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Staff may do all that is not about accounts; admins may do all."""
        return self.is_active and (
            self.is_superuser or (self.is_staff and not perm.endswith("_user"))
        )

    def has_module_perms(self, app_label: str) -> bool:
        """Whether there is anything to see in an app."""
        return self.is_active and self.is_staff and (app_label == "bookstore" or self.is_superuser)


class Session(models.Model):
    """A login and the refresh tokens that followed from it; only the latest one counts."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    user = models.ForeignKey(User, models.DO_NOTHING, db_index=False)
    refresh_hash = models.CharField(max_length=64)
    created_at = MomentField(default=now)
    expires_at = MomentField()
    revoked_at = MomentField(null=True)

    class Meta:
        db_table = "sessions"
        indexes = (models.Index(fields=("user",), name="ix_sessions_user_id"),)
