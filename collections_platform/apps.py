from django.apps import AppConfig


class CollectionsPlatformConfig(AppConfig):
    name = "collections_platform"
    verbose_name = "Collections platform"
