"""Where the endpoints are."""

from __future__ import annotations

from django.conf import settings
from django.urls import path

from elements_sdk.sandbox.server import views

_BASE = "api/2/auth/"

urlpatterns = [
    path(_BASE + "ticket", views.TicketView.as_view()),
    path(_BASE + "ticket/check", views.TicketCheckView.as_view()),
    path(_BASE + "access-tokens", views.AccessTokensView.as_view()),
    path(_BASE + "access-tokens/<str:number>", views.AccessTokenView.as_view()),
    path(_BASE + "access-tokens/<str:number>/email", views.AccessTokenEmailView.as_view()),
    path(_BASE + "login", views.LoginView.as_view()),
    path(_BASE + "logout", views.LogoutView.as_view()),
    path(_BASE + "generate-password", views.GeneratePasswordView.as_view()),
    path(_BASE + "reset-password", views.ResetPasswordView.as_view()),
    path(_BASE + "impersonation", views.ImpersonationView.as_view()),
    path(_BASE + "impersonation/stop", views.StopImpersonationView.as_view()),
]
if settings.ELEMENTS.is_newer:
    urlpatterns += [
        path("api/2/api-tokens", views.ApiTokensView.as_view()),
        path("api/2/api-tokens/<str:number>", views.ApiTokenView.as_view()),
    ]
