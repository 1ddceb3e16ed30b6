"""Who may sign in, as what, and with which second factor."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms.people import UserForm
from accounts.forms.tokens import OnceForm
from accounts.models import User
from accounts.roles import allowed, person
from accounts.user_services import CHANGEABLE, change_user, invite_user, reset_second_factor
from common.errors import InvalidInput, NotFound, PlatformError


@require_GET
@allowed("manage_users")
def user_list(request: HttpRequest) -> HttpResponse:
    factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type="recovery_codes")
    users = User.objects.select_related("team", "creditor").annotate(secured=Exists(factors))
    first = request.session.pop("first_password", None)
    return render(request, "staff/users.html", {"users": users.order_by("-is_active", "name"), "first": first})


@require_http_methods(["GET", "POST"])
@allowed("manage_users")
def user_new(request: HttpRequest) -> HttpResponse:
    form = UserForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _invite(request, form):
        return redirect("user_list")
    return render(request, "staff/user_form.html", {"form": form, "subject": None})


def _invite(request: HttpRequest, form: UserForm) -> bool:
    try:
        invited = invite_user(by=person(request), **form.cleaned_data)
    except InvalidInput as error:
        form.add_error(error.field or None, error.message)
        return False
    if invited:
        user, password = invited
        request.session["first_password"] = {"email": user.email, "password": password}
        messages.success(request, _("%(name)s can sign in now.") % {"name": user})
    return True


@require_http_methods(["GET", "POST"])
@allowed("manage_users")
def user_edit(request: HttpRequest, user_id: int) -> HttpResponse:
    subject = _user(user_id)
    initial = {name: getattr(subject, name) for name in CHANGEABLE}
    form = UserForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_user(subject, by=person(request), **form.cleaned_data)
        except PlatformError as error:
            form.add_error(getattr(error, "field", "") or None, error.message)
        else:
            messages.success(request, _("The change is kept."))
            return redirect("user_list")
    factors = Authenticator.objects.filter(user=subject).exclude(type="recovery_codes")
    context = {"form": form, "subject": subject, "factors": factors, "once": OnceForm(auto_id=False)}
    return render(request, "staff/user_form.html", context)


@require_POST
@allowed("manage_users")
def user_reset_factor(request: HttpRequest, user_id: int) -> HttpResponse:
    reset_second_factor(_user(user_id), by=person(request), token=request.POST.get("token", ""))
    messages.success(request, _("At the next sign-in this person sets up a new second step."))
    return redirect("user_edit", user_id)


def _user(user_id: int) -> User:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound(_("There is no such person."))
    return user
