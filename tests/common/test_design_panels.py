"""Pages as tables of contents: panels and navigation are what the apps registered."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404
from django.template import Context, Template
from django.test import RequestFactory

from common import navigation, panels
from common.navigation import NavItem
from common.panels import Panel
from common.views_panels import panel as panel_view

pytestmark = pytest.mark.django_db
FACTS = "components/facts.html"


@pytest.fixture(autouse=True)
def own_registries(monkeypatch):
    monkeypatch.setattr(panels, "_panels", {})
    monkeypatch.setattr(panels, "_pages", {})
    monkeypatch.setattr(navigation, "_items", {})


def make(name: str, **changes) -> Panel:
    values = {"order": 100, "selector": lambda request, subject: {"facts": [("Who", subject.name)]}, **changes}
    return Panel(page="account", name=name, title=name.title(), template=FACTS, **values)


def request():
    return RequestFactory().get("/")


def test_panels_come_in_order_and_by_area():
    for panel in (make("late", order=9), make("early", order=1), make("side", order=5, area="aside")):
        panels.register(panel)
    assert [panel.name for panel in panels.for_page("account")] == ["early", "side", "late"]
    assert [panel.name for panel in panels.for_page("account", "aside")] == ["side"]
    assert panels.for_page("portal") == []


def test_two_panels_may_not_share_a_name_but_the_same_one_may_register_twice():
    first = make("facts")
    panels.register(first)
    panels.register(first)
    with pytest.raises(ImproperlyConfigured):
        panels.register(make("facts", order=3))


def test_a_page_renders_its_panels_and_skips_one_with_nothing_to_say():
    panels.register(make("facts"))
    panels.register(make("silent", selector=lambda request, subject: None))
    source = Template("{% load components %}{% render_panels 'account' subject %}")
    html = source.render(Context({"request": request(), "subject": SimpleNamespace(name="Lin <b>Mei</b>")}))
    assert 'id="panel-facts"' in html
    assert "Lin &lt;b&gt;Mei" in html
    assert "panel-silent" not in html


def test_a_panel_alone_goes_through_the_door_of_its_page():
    def only_mine(request, reference):
        if reference != "ACC-1":
            raise PermissionDenied
        return SimpleNamespace(name="Lin Mei")

    panels.register(make("facts"))
    panels.register_page("account", access=only_mine)
    assert b"Lin Mei" in panel_view(request(), "account", "facts", "ACC-1").content
    with pytest.raises(PermissionDenied):
        panel_view(request(), "account", "facts", "ACC-2")


@pytest.mark.parametrize(("page", "name"), [("account", "missing"), ("nowhere", "facts")])
def test_an_unknown_panel_or_page_is_not_found(page, name):
    panels.register(make("facts"))
    panels.register_page("account", access=lambda request, reference: SimpleNamespace(name="x"))
    with pytest.raises(Http404):
        panel_view(request(), page, name, "ACC-1")


@pytest.mark.urls("tests.common.design_urls")
def test_navigation_shows_what_the_role_may_open():
    navigation.register(NavItem("Queue", "queue", "list-check", order=1))
    navigation.register(NavItem("Set up", "set_up", "gear", order=2, roles=frozenset({"admin"})))
    navigation.register(NavItem("Gone", "no_such_page", "x-lg", order=3))
    agent = SimpleNamespace(is_authenticated=True, role="agent")
    admin = SimpleNamespace(is_authenticated=True, role="admin")
    assert [link.label for link in navigation.links_for(agent)] == ["Queue"]
    assert [link.label for link in navigation.links_for(admin)] == ["Queue", "Set up"]
    assert navigation.links_for(SimpleNamespace(is_authenticated=False)) == []


@pytest.mark.urls("tests.common.design_urls")
@pytest.mark.parametrize(("path", "current"), [("/queue/mine/3/", ["Mine"]), ("/queue/", ["Queue"]), ("/queues/", [])])
def test_the_longest_matching_entry_is_current(path, current):
    navigation.register(NavItem("Queue", "queue", "list-check"))
    navigation.register(NavItem("Mine", "queue_mine", "person"))
    anyone = SimpleNamespace(is_authenticated=True, role="agent")
    assert [link.label for link in navigation.links_for(anyone, path) if link.current] == current
