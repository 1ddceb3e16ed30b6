from django.apps import AppConfig


class CollectionsPlatformConfig(AppConfig):
    name = "collections_platform"
    verbose_name = "Collections platform"

    def ready(self) -> None:
        from collections_platform import checks  # noqa: F401 - registers itself
