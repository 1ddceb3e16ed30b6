import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Seeding every bug takes many minutes: only when asked for by `-m mutations`."""
    if "mutations" in (config.option.markexpr or ""):
        return
    asked = [item for item in items if item.get_closest_marker("mutations")]
    config.hook.pytest_deselected(items=asked)
    items[:] = [item for item in items if item not in asked]
